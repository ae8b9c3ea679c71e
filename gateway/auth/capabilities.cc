#include "gateway/auth/capabilities.h"

#include <algorithm>
#include <array>

#include "gateway/auth/replies.h"
#include "gateway/http/decode.h"
#include "gateway/transit/api/params.h"

namespace sluis::gateway::auth {
namespace {

using transit::JsonPen;
using transit::Params;

constexpr std::size_t kMaxPaths = 256;
constexpr std::size_t kMaxPath = 1024;
const std::initializer_list<std::string_view> kNames = {"path", "paths"};
// Names that the envelope has itself, and that a path must not take beside it.
constexpr std::array<std::string_view, 9> kTaken = {"request_id", "lease_id", "renewable", "lease_duration", "data",
                                                    "wrap_info",  "warnings", "auth",      "capabilities"};

struct Verb {
  Method method;
  std::string_view capability;
};
// In the order of the words. A write may make what is not there: these clients tell creating from updating.
constexpr std::array kVerbs{Verb{Method::post, "create"}, Verb{Method::del, "delete"}, Verb{Method::list, "list"},
                            Verb{Method::patch, "patch"}, Verb{Method::get, "read"},   Verb{Method::post, "update"}};

std::string_view param(const Router::Match& match, std::string_view name) {
  for (const auto& [key, value] : match.params) {
    if (key == name) return value;
  }
  return {};
}

bool allowed(const Router::Match& match, const Call& call) {
  if (match.kind != Router::Kind::found) return false;
  if (match.route->action.empty()) return true;
  policy::Request request;
  request.principal = call.principal;
  request.action = match.route->action;
  request.collection = param(match, "collection");
  request.key = param(match, "key");
  request.purpose = call.purpose;
  request.case_reference = call.case_reference;
  return call.policy->decide(request).allowed;
}

struct Asked {
  std::vector<std::string> paths;
  std::optional<transit::Refusal> refusal;
};

void add(Asked& out, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return;
  if (path.size() > kMaxPath || out.paths.size() >= kMaxPaths) {
    out.refusal = transit::Refusal{413, "too many paths, or one is too long"};
    return;
  }
  if (std::find(out.paths.begin(), out.paths.end(), path) == out.paths.end()) out.paths.emplace_back(path);
}

void add_listed(Asked& out, std::string_view text) {
  while (!text.empty() && !out.refusal) {
    const auto comma = std::min(text.find(','), text.size());
    add(out, text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

void read_paths(Params& params, std::string_view name, Asked& out) {
  const JsonValue* const value = params.json(name);
  if (value == nullptr || value->kind != JsonKind::array) return add_listed(out, params.text(name));
  JsonScanner scanner;
  std::vector<JsonValue> items;
  if (scanner.array(value->text, items) != JsonFault::none) return;
  for (const JsonValue& item : items) {
    if (item.kind != JsonKind::string) out.refusal = transit::Refusal{400, "paths is a list of texts"};
    if (out.refusal) return;
    add(out, string_text(item).expose_text());
  }
}

Asked paths_of(Params& params) {
  Asked out;
  for (const std::string_view name : kNames) read_paths(params, name, out);
  if (params.refusal()) out.refusal = params.refusal();
  if (!out.refusal && out.paths.empty()) out.refusal = transit::Refusal{400, "paths must be supplied"};
  return out;
}

void append_words(JsonPen& pen, const std::vector<std::string_view>& words) {
  pen.open_array();
  for (const std::string_view word : words) pen.text(word);
  pen.close_array();
}

}  // namespace

std::vector<std::string_view> capabilities_of(const Router& router, const Call& call, std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string_view> out;
  const auto target = parse_target("/v1/" + std::string(path));
  if (target && target->query.empty()) {
    for (const auto& [method, capability] : kVerbs) {
      if (allowed(router.match(method, *target), call)) out.push_back(capability);
    }
  }
  if (out.empty()) out.emplace_back("deny");
  return out;
}

Outcome capabilities_self(const Router& router, Call& call) {
  if (call.principal == nullptr) return refuse(Error{Code::denied, "no principal has this certificate"});
  Params params(call, kNames);
  const Asked asked = paths_of(params);
  if (asked.refusal) return refuse(*asked.refusal);
  transit::Answer answer;
  SecretBuffer beside;
  JsonPen data_pen(answer.data);
  JsonPen beside_pen(beside);
  data_pen.open_object();
  beside_pen.open_object();
  const auto first = capabilities_of(router, call, asked.paths.front());
  append_words(data_pen.name("capabilities"), first);
  append_words(beside_pen.name("capabilities"), first);
  for (const std::string& path : asked.paths) {
    if (path == "capabilities") continue;
    const auto words = capabilities_of(router, call, path);
    append_words(data_pen.name(path), words);
    if (std::find(kTaken.begin(), kTaken.end(), path) == kTaken.end()) append_words(beside_pen.name(path), words);
  }
  data_pen.close_object();
  beside_pen.close_object();
  answer.warnings = params.warnings();
  return answer_twice(call, std::move(answer), beside.expose_text());
}

}  // namespace sluis::gateway::auth
