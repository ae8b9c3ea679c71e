// POST :import, and where an import stands.
#include <algorithm>
#include <array>
#include <utility>

#include "gateway/records/import_sink.h"
#include "gateway/records/json_text.h"
#include "gateway/records/request.h"
#include "gateway/records/service.h"

namespace sluis::gateway {
namespace {

constexpr std::uint64_t kMaxErrorsPage = 1000;

bool valid_import_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 64 && id.find('~') == std::string_view::npos && valid_record_id(id);
}

Result<std::string> import_id_of(const Call& call) {
  const auto given = call.query_value("import");
  if (given && valid_import_id(*given)) return std::string(*given);
  if (given) return Error{Code::invalid, "an import's id has 1 to 64 of A-Z a-z 0-9 . _ -"};
  std::array<std::uint8_t, 16> drawn{};
  if (const Status status = random_bytes(drawn); !status) return status.error();
  return to_hex(drawn);
}

// Where the import stands; a new one stands at its beginning.
Result<store::ImportState> stand_of(store::Store& store, const Caller& caller, const std::string& import_id) {
  auto state = store.import_state(caller.collection->name(), import_id);
  if (state && state->principal != caller.principal) {
    return Error{Code::denied, "the import belongs to another principal"};
  }
  if (state || state.error().code != Code::not_found) return state;
  store::ImportState fresh;
  fresh.import_id = import_id;
  fresh.collection = caller.collection->name();
  fresh.principal = caller.principal;
  return fresh;
}

Status check_query(const Call& call, const store::ImportState& state) {
  if (const auto mode = call.query_value("mode"); mode && *mode != "insert") {
    return Error{Code::invalid, "the only mode of an import is insert"};
  }
  const auto from_line = decimal(call.query_value("from_line").value_or("1"));
  if (!from_line) return Error{Code::invalid, "from_line is a line number"};
  if (state.finished) return Error{Code::conflict, "the import is finished"};
  if (*from_line != state.lines_done + 1) return Error{Code::conflict, "from_line must be the import's lines_done + 1"};
  return {};
}

// The state of the import that the path names, if it is the caller's own.
Result<store::ImportState> own_state(store::Store& store, const Call& call, const Caller& caller) {
  if (!valid_import_id(call.param("import"))) return Error{Code::not_found, "there is no such import"};
  auto state = store.import_state(caller.collection->name(), call.param("import"));
  if (state && state->principal != caller.principal) return Error{Code::not_found, "there is no such import"};
  return state;
}

SecretBuffer json_of(const std::vector<store::ImportError>& errors, std::uint64_t limit) {
  SecretBuffer out("{\"errors\":[");
  for (std::size_t i = 0; i < errors.size(); ++i) {
    out.append(std::string_view(i == 0 ? "{\"line\":" : ",{\"line\":"));
    append_number(out, errors[i].line);
    out.append(std::string_view(",\"code\":"));
    append_quoted(out, errors[i].code);
    out.append(std::string_view(",\"field\":"));
    append_quoted(out, errors[i].field);
    out.push_back('}');
  }
  out.push_back(']');
  if (errors.size() == limit) {
    out.append(std::string_view(",\"next\":"));
    append_number(out, errors.back().line);
  }
  out.push_back('}');
  return out;
}

}  // namespace

Result<std::unique_ptr<BodySink>> RecordService::import(Call& call) {
  auto target = collection(call.param("collection"));
  if (!target) return Error{Code::not_found, "there is no such collection"};
  const auto import_id = import_id_of(call);
  if (!import_id) return import_id.error();
  Caller caller = Caller::of(call, "records.import", target);
  auto state = stand_of(parts_.store, caller, *import_id);
  if (!state && state.error().code == Code::denied) {
    auto refusal = refuse_logged({}, caller.event(), audit::Outcome::denied, "import of another principal");
    parts_.log.append(std::move(refusal.events), [](const Result<audit::Receipt>&) {});
  }
  if (!state) return state.error();
  if (const Status sound = check_query(call, *state); !sound) return sound.error();
  const CsvHeader header = state->lines_done == 0 ? CsvHeader::counts : CsvHeader::repeated;
  auto format = import_format(call.header("Content-Type"), *target, header);
  if (!format) return format.error();
  const auto keys = parts_.keyring.open_or_make(target->key_name());  // refused here rather than after the first chunk
  if (!keys) return keys.error();
  return std::unique_ptr<BodySink>(
      std::make_unique<ImportSink>(parts_, std::move(caller), std::move(*state), std::move(*format), import_limits_));
}

Outcome RecordService::import_state(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  const auto state = own_state(parts_.store, call, Caller::of(call, "records.import", target));
  if (!state) return refuse(state.error());
  Outcome outcome;
  outcome.reply.body = json_of(*state);
  return outcome;
}

Outcome RecordService::import_errors(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  const auto state = own_state(parts_.store, call, Caller::of(call, "records.import", target));
  if (!state) return refuse(state.error());
  const auto after = decimal(call.query_value("after_line").value_or("0"));
  const auto limit = decimal(call.query_value("limit").value_or("1000"));
  if (!after || !limit || *limit == 0) return refuse(Error{Code::invalid, "after_line and limit are whole numbers"});
  const std::uint64_t page = std::min(*limit, kMaxErrorsPage);
  const auto errors = parts_.store.import_errors(target->name(), call.param("import"), *after, page);
  if (!errors) return refuse(errors.error());
  Outcome outcome;
  outcome.reply.body = json_of(*errors, page);
  return outcome;
}

}  // namespace sluis::gateway
