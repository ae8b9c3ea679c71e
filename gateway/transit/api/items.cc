#include "gateway/transit/api/items.h"

#include <algorithm>

namespace sluis::gateway::transit {
namespace {

// `name` is compared as sent: an escaped member name is none of ours.
bool is(const JsonMember& member, std::string_view name) noexcept {
  return !member.name.escaped && member.name.raw == name;
}

JsonLimits limits_for(std::size_t most) noexcept {
  JsonLimits limits;
  limits.elements = most;
  return limits;
}

}  // namespace

void ItemReader::take_text(const JsonValue& value, Literal fault, std::optional<std::string_view>& out, Item& item) {
  if (value.kind == JsonKind::null) return;
  if (value.kind == JsonKind::string) {
    out = plain_text(value, unescaped_);
    return;
  }
  item.fault = Error{Code::invalid, fault};
}

void ItemReader::take_version(const JsonValue& value, Item& out) {
  if (value.kind == JsonKind::null) return;
  const bool text = value.kind == JsonKind::string;
  const auto number = integer_of(text ? plain_text(value, unescaped_) : value.text);
  if (number) out.key_version = *number;
  if (!number) out.fault = Error{Code::invalid, "'key_version' is not a whole number"};
}

void ItemReader::take(const JsonMember& member, Item& out) {
  if (is(member, main_)) return take_text(member.value, "the item's data is not a string", out.main, out);
  if (is(member, "reference")) return take_text(member.value, "'reference' is not a string", out.reference, out);
  if (is(member, "context")) return take_text(member.value, "'context' is not a string", out.context, out);
  if (is(member, "associated_data")) {
    return take_text(member.value, "'associated_data' is not a string", out.associated_data, out);
  }
  if (is(member, "key_version")) return take_version(member.value, out);
  if (is(member, "signature")) return take_text(member.value, "'signature' is not a string", out.signature, out);
  if (is(member, "hmac")) return take_text(member.value, "'hmac' is not a string", out.hmac, out);
}

void ItemReader::read(std::string_view json, Item& out) {
  out = Item{};
  const JsonFault fault = scanner_.object(json, members_);
  if (fault != JsonFault::none) {
    const bool other = fault == JsonFault::kind;
    out.fault = Error{Code::invalid, other ? Literal("the item is not an object") : sentence(fault)};
    return;
  }
  for (const JsonMember& member : members_) take(member, out);
}

std::optional<Refusal> ItemReader::read_list(std::string_view json, std::size_t most, std::vector<Item>& out) {
  JsonScanner scanner(limits_for(most));
  const JsonFault fault = scanner.array(json, values_);
  if (fault == JsonFault::too_many) return Refusal{413, "batch_input has too many items"};
  if (fault != JsonFault::none) return Refusal{400, "failed to parse batch input: expected a list"};
  if (values_.empty()) return Refusal{400, "missing batch input to process"};
  out.resize(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) read(values_[i].text, out[i]);
  values_ = {};
  return std::nullopt;
}

Items::Items(Params& params, std::string_view main, std::size_t most) : reader_(main) {
  if (params.refusal()) return;
  if (const JsonValue* const list = params.json("batch_input"); list != nullptr) {
    batch_ = true;
    if (auto refusal = reader_.read_list(list->text, most, items_)) params.refuse(*std::move(refusal));
    return;
  }
  const auto text = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!params.has(name)) return std::nullopt;
    return params.text(name);
  };
  Item& item = items_.emplace_back();
  item.main = text(main);
  item.context = text("context");
  item.associated_data = text("associated_data");
  item.signature = text("signature");
  item.hmac = text("hmac");
  item.key_version = params.integer("key_version");
}

void Items::check_contexts(Params& params) const {
  if (items_.empty()) return;
  const bool first = items_.front().has_context();
  const bool alike = std::all_of(items_.begin(), items_.end(), [&](const Item& i) { return i.has_context() == first; });
  if (!alike) params.refuse({400, "context should be set either in all the request blocks or in none"});
}

Status ItemDesk::decode(const Item& item, const TransitKey& key, ItemContext& out) {
  out = {};
  if (item.has_context()) {
    context_.clear();
    if (!append_from_base64(context_, *item.context)) {
      return Error{Code::invalid, "failed to base64-decode context"};
    }
    out.context = context_.expose_secret();
  }
  if (!item.associated_data || item.associated_data->empty()) return {};
  if (!is_aead(key.attributes.type)) {
    return Error{Code::invalid, "'associated_data' provided for non-AEAD cipher suite"};
  }
  associated_data_.clear();
  if (!append_from_base64(associated_data_, *item.associated_data)) {
    return Error{Code::invalid, "failed to base64-decode associated_data"};
  }
  out.associated_data = associated_data_.expose_secret();
  return {};
}

Status ItemDesk::decode_main(const Item& item, ByteView& out) {
  main_.clear();
  if (!append_from_base64(main_, *item.main)) return Error{Code::invalid, "illegal base64 data"};
  out = main_.expose_secret();
  return {};
}

}  // namespace sluis::gateway::transit
