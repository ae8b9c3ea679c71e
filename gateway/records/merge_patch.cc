#include "gateway/records/merge_patch.h"

#include <algorithm>
#include <vector>

#include "gateway/records/sealer.h"

namespace sluis::gateway {
namespace {

using Members = std::vector<JsonMember>;

Members members_of(std::string_view text) {
  Members members;
  JsonScanner scanner;
  if (scanner.object(text, members) != JsonFault::none) members.clear();  // not an object: the RFC takes it as {}
  return members;
}

const JsonMember* find(const Members& members, const JsonName& name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const JsonMember& member) { return same_name(member.name, name); });
  return found == members.end() ? nullptr : &*found;
}

void append_name(SecretBuffer& out, const JsonName& name, std::size_t first) {
  if (out.size() != first) out.push_back(',');
  out.push_back('"');
  out.append(name.raw);
  out.append(std::string_view("\":"));
}

}  // namespace

void merge_patch(std::string_view target, std::string_view patch, SecretBuffer& out) {
  if (as_value(patch).kind != JsonKind::object) return out.append(patch);
  const Members old = members_of(target);
  const Members changes = members_of(patch);
  out.push_back('{');
  const std::size_t first = out.size();
  for (const JsonMember& member : old) {
    const JsonMember* const change = find(changes, member.name);
    if (change != nullptr && change->value.kind == JsonKind::null) continue;
    append_name(out, member.name, first);
    if (change == nullptr) {
      out.append(member.value.text);
      continue;
    }
    merge_patch(member.value.text, change->value.text, out);
  }
  for (const JsonMember& change : changes) {
    if (change.value.kind == JsonKind::null || find(old, change.name) != nullptr) continue;
    append_name(out, change.name, first);
    merge_patch({}, change.value.text, out);
  }
  out.push_back('}');
}

}  // namespace sluis::gateway
