// keys: LIST, GET keys/:key, POST keys/:key
#include <algorithm>
#include <iterator>

#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/key_info.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kPage = 1000;  // names asked of the store at a time
constexpr std::int64_t kMostNames = 1'000'000;

Result<std::vector<std::string>> names_of(TransitKeys& keys, std::string_view prefix, std::string_view after,
                                          std::size_t most) {
  std::vector<std::string> out;
  while (out.size() < most) {
    const std::size_t wanted = std::min(kPage, most - out.size());
    auto page = keys.names(prefix, out.empty() ? after : std::string_view(out.back()), wanted);
    if (!page) return page;
    out.insert(out.end(), std::move_iterator(page->begin()), std::move_iterator(page->end()));
    if (page->size() < wanted) break;
  }
  return out;
}

CreateOptions read_options(Params& params) {
  CreateOptions options;
  const auto type = params.text("type", "aes256-gcm96");
  const auto known = key_type_named(type);
  if (!known) params.refuse({400, "unknown key type " + std::string(type.substr(0, 64))});
  options.type = known.value_or(options.type);
  options.derived = params.flag("derived");
  options.convergent = params.flag("convergent_encryption");
  options.exportable = params.flag("exportable");
  options.allow_plaintext_backup = params.flag("allow_plaintext_backup");
  options.auto_rotate_period_s = params.maybe_seconds("auto_rotate_period").value_or(0);
  const auto key_size = params.integer("key_size");
  if (key_size < 0 || key_size > UINT32_MAX) params.refuse({400, "invalid key_size " + std::to_string(key_size)});
  options.key_size = static_cast<std::uint32_t>(key_size);
  return options;
}

}  // namespace

Outcome list_keys(const Parts& parts, Call& call) {
  Params params(call, {"list", "after", "limit", "prefix"});
  const auto limit = params.integer("limit", kMostNames);
  const std::string after(params.text("after"));
  const std::string prefix(params.text("prefix"));
  if (params.refusal()) return refuse(*params.refusal());
  if (call.method == Method::get && !params.flag("list")) return refuse({405, "unsupported operation"});
  const auto most = limit < 1 || limit > kMostNames ? kMostNames : limit;
  const auto names = names_of(parts.keys, prefix, after, static_cast<std::size_t>(most));
  if (!names) return refuse(names.error());
  if (names->empty()) return refuse(Refusal{404, {}});
  Answer answer;
  JsonPen pen(answer.data);
  pen.open_object().name("keys").open_array();
  for (const std::string& name : *names) pen.text(name);
  pen.close_array().close_object();
  answer.warnings = params.warnings();
  return answered(call, std::move(answer));
}

Outcome read_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "context"});
  const SecretBuffer context = params.base64("context", "failed to base64-decode context");
  if (params.refusal()) return refuse(*params.refusal());
  if (!valid_key_name(call.param("key"))) return refuse(Refusal{404, {}});
  const auto key = parts.keys.open(call.param("key"));
  if (!key) return refuse(key.error());
  auto data = key_info(**key, context.expose_secret());
  if (!data) return refuse(data.error());
  return answered(call, {*std::move(data), {}, params.warnings()});
}

Outcome create_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "type", "derived", "convergent_encryption", "exportable", "allow_plaintext_backup",
                       "auto_rotate_period", "key_size", "context"});
  const CreateOptions options = read_options(params);
  if (params.refusal()) return refuse(*params.refusal());
  if (!valid_key_name(call.param("key"))) return refuse(Refusal{404, "unsupported path"});
  auto made = parts.keys.create(call.param("key"), options);
  if (!made) return refuse(made.error());
  auto data = key_info(*made->key, {});
  if (!data) return refuse(data.error());
  Answer answer{*std::move(data), {}, params.warnings()};
  for (auto& warning : made->warnings) answer.warnings.push_back(std::move(warning));
  Outcome outcome = answered(call, std::move(answer));
  hold_for(std::move(made->event), outcome);
  return outcome;
}

}  // namespace sluis::gateway::transit
