// POST :search: equality on indexed fields.
#include <utility>

#include "gateway/records/listing.h"
#include "gateway/records/request.h"
#include "gateway/records/service.h"

namespace sluis::gateway {
namespace {

constexpr std::uint64_t kMaxPage = 1000;
constexpr std::uint64_t kDefaultPage = 100;

// What a search asks for, and the terms that the store compares.
struct Query {
  std::vector<Wanted> wanted;
  MaybeFault fault;
  std::string not_allowed;
};

void add_wanted(const Collection& collection, const policy::FieldSet& allowed, const JsonMember& member, Query& query) {
  const std::size_t position = member.name.escaped ? Collection::kNone : collection.find(member.name.raw);
  if (position == Collection::kNone) {
    query.fault =
        Fault{Code::invalid, "unknown_field", "the collection has no such field", bounded_name(member.name.raw)};
    return;
  }
  const FieldSchema& field = collection.field(position);
  if (field.kind != FieldSchema::Kind::indexed) {
    query.fault = Fault{Code::invalid, "not_indexed", "only indexed fields can be searched by", field.name};
    return;
  }
  if (!allowed.contains(field.name)) query.not_allowed = field.name;
  auto text = comparable(field, member.value);
  if (!text) {
    query.fault = Fault{Code::invalid, "not_indexable", "no value of this field can be equal to this", field.name};
    return;
  }
  query.wanted.push_back({position, std::move(*text)});
}

Query read_query(const Collection& collection, const policy::FieldSet& allowed, const JsonValue* match) {
  Query query;
  std::vector<JsonMember> members;
  JsonScanner scanner;
  if (match == nullptr || scanner.object(match->text, members) != JsonFault::none || members.empty()) {
    query.fault = Fault{Code::invalid, "request", "an object of indexed fields is expected", "match"};
    return query;
  }
  if (members.size() > store::kMaxMatches) {
    query.fault = Fault{Code::too_large, "request", "a search takes at most 8 fields", "match"};
    return query;
  }
  for (const JsonMember& member : members) {
    if (query.fault) break;
    add_wanted(collection, allowed, member, query);
  }
  return query;
}

Result<std::vector<store::Match>> terms_of(const Collection& collection, const Query& query, const KeySet& keys) {
  std::vector<store::Match> all_of;
  for (const Wanted& want : query.wanted) {
    store::Match& match = all_of.emplace_back();
    for (const auto& key : keys.versions()) {
      auto term = index_term(collection, want.position, *key, want.comparable_text.expose_secret());
      if (!term) return term.error();
      match.any_of.push_back(std::move(*term));
    }
  }
  return all_of;
}

struct Found {
  store::SearchPage page;
  Keyring::Keys keys;  // by whose terms
};

// While a key is rolled over, records come under a version that this gateway may not know yet. The keys are looked at
// again after the store has answered: if they were believed until then, no term was missing.
Result<Found> find(const RecordParts& parts, const Collection& collection, const Query& query, Keyring::Keys keys,
                   std::string_view after, std::size_t limit) {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const auto terms = terms_of(collection, query, *keys);
    if (!terms) return terms.error();
    auto page = parts.store.search(collection.name(), *terms, after, limit);
    if (!page) return page.error();
    if (parts.keyring.fresh(*keys)) return Found{std::move(*page), std::move(keys)};
    auto now = parts.keyring.reload(collection.key_name(), keys);
    if (!now) return now.error();
    const bool known = parts.keyring.fresh(**now) && (*now)->same_versions(*keys);
    if (known) return Found{std::move(*page), std::move(keys)};
    keys = std::move(*now);
  }
  return Error{Code::unavailable, "the collection's key changes too often"};
}

// By which fields, and about whom.
audit::Payload asked_for(const Caller& caller, const Query& query) {
  audit::Payload about;
  for (const Wanted& want : query.wanted) {
    about.fields.push_back(caller.collection->field(want.position).name);
    if (want.position == caller.collection->subject()) about.subject = subject_text(want.comparable_text.expose_text());
  }
  return about;
}

// A search that found nothing has told something too.
audit::Event fruitless(const Caller& caller, const Query& query) {
  audit::Event event = caller.event();
  event.count = 0;
  audit::Payload about = asked_for(caller, query);
  event.payload.fields = std::move(about.fields);
  event.payload.subject = std::move(about.subject);
  event.payload.detail = "nothing was found";
  return event;
}

Outcome refuse_field(const Caller& caller, const std::string& field) {
  Selection selection;
  selection.not_allowed = field;
  return *refusal_of(selection, caller);
}

}  // namespace

Outcome RecordService::search(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  Request request =
      Request::read(call.body.expose_text(), {"match", "fields", "limit", "after"}, Request::Empty::refused);
  const auto fields = request.strings("fields", kEnvelopeMaxFields);
  const auto limit = request.number("limit", 1, kMaxPage);
  const auto after = request.string("after");
  if (request.fault()) return refuse(*request.fault());
  if (after && !valid_record_id(*after)) return malformed_id();
  const Caller caller = Caller::of(call, "records.search", target);
  const Query query = read_query(*target, call.decision.search_by, request.find("match"));
  if (query.fault) return refuse(*query.fault);
  if (!query.not_allowed.empty()) return refuse_field(caller, query.not_allowed);
  Selection selection = select_fields(*target, call.decision.fields, fields);
  if (auto refusal = refusal_of(selection, caller)) return std::move(*refusal);

  Release release(caller, parts_.keyring, std::move(selection.positions));
  const Status ready = release.prepare();
  // One is taken before the store is asked: a spent budget says nothing about whether the search would find anybody.
  const auto first = take_budget(parts_.budgets, caller, 1, call.now_us);
  if (!first.allowed) return over_budget(caller, first, 1, asked_for(caller, query));
  const bool no_key = !ready && ready.error().code == Code::not_found;  // so there is no record yet
  if (!ready && !no_key) return refuse_key(ready.error(), caller);
  store::SearchPage page;
  if (!no_key) {
    auto found = find(parts_, *target, query, release.keys(), after.value_or(""), limit.value_or(kDefaultPage));
    if (!found) return refuse(found.error());
    page = std::move(found->page);
    release.use(std::move(found->keys));
  }
  Listing listing;
  if (page.records.empty()) listing.note(fruitless(caller, query));
  if (page.records.size() > 1) {
    const auto budget = take_budget(parts_.budgets, caller, page.records.size() - 1, call.now_us);
    if (!budget.allowed) return over_budget(caller, budget, page.records.size(), asked_for(caller, query));
  }
  for (const store::Record& record : page.records) {
    if (const Status added = listing.add(release, record, query.wanted); !added) return listing.give_up(added.error());
  }
  return listing.finish(nullptr, page.more ? std::string_view(page.records.back().id) : std::string_view{});
}

}  // namespace sluis::gateway
