// What a store has besides records.
#include <map>

#include "gateway/leaving/store_copy.h"

namespace sluis::gateway::leaving {
namespace {

constexpr std::size_t kPage = 1000;

// Reads a list whose pages end with an empty one; `next` gives the page after a name, `name` that of an item.
template <typename Item, typename Next, typename Name>
Result<std::map<std::string, Item>> all(const Next& next, const Name& name) {
  std::map<std::string, Item> out;
  std::string after;
  for (;;) {
    auto page = next(after);
    if (!page) return page.error();
    if (page->empty()) return out;
    after = name(page->back());
    for (Item& item : *page) {
      std::string key = name(item);
      out.emplace(std::move(key), std::move(item));
    }
  }
}

// The MAC covers the key and its versions, so it tells any two states apart.
bool same(const store::Key& a, const store::Key& b) {
  return a.id == b.id && a.revision == b.revision && a.mac == b.mac && a.versions.size() == b.versions.size();
}

// Of names that both ends have in their order.
Result<std::map<std::string, store::Key>> keys_of(store::Store& store) {
  std::map<std::string, store::Key> out;
  std::string after;
  for (;;) {
    auto page = store.scan_keys("", after, kPage);
    if (!page) return page.error();
    if (page->keys.empty()) return out;
    after = page->keys.back().name;
    for (store::Key& key : page->keys) out.emplace(key.name, std::move(key));
  }
}

bool stays_behind(std::string_view kind) {
  return kind == kMoveDocuments || kind == kPresenceDocuments;
}

Result<std::map<std::string, store::Document>> documents_of(store::Store& store, const std::string& kind) {
  return all<store::Document>([&](const std::string& after) { return store.list_documents(kind, after, kPage); },
                              [](const store::Document& document) { return document.name; });
}

}  // namespace

Result<std::uint64_t> StoreCopy::keys() {
  const auto ours = keys_of(from_.store);
  if (!ours) return ours.error();
  const auto theirs = keys_of(to_.store);
  if (!theirs) return theirs.error();
  std::uint64_t differed = 0;
  for (const auto& [name, key] : *theirs) {
    const auto mine = ours->find(name);
    if (mine != ours->end() && same(mine->second, key)) continue;
    if (const Status gone = to_.store.remove_key(name, key.id, key.revision); !gone) return gone.error();
    ++differed;
  }
  for (const auto& [name, key] : *ours) {
    const auto other = theirs->find(name);
    if (other != theirs->end() && same(key, other->second)) continue;
    if (const Status made = to_.store.create_key(key); !made) return made.error();
    ++differed;
  }
  return differed;
}

Result<std::uint64_t> StoreCopy::documents() {
  std::uint64_t differed = 0;
  std::map<std::string, bool> kinds;
  for (const End& end : {from_, to_}) {
    const auto some = all<std::string>([&](const std::string& after) { return end.transfer.kinds(after, kPage); },
                                       [](const std::string& kind) { return kind; });
    if (!some) return some.error();
    for (const auto& [kind, same] : *some) kinds[kind] = !stays_behind(kind);
  }
  for (const auto& [kind, moves] : kinds) {
    if (!moves) continue;
    const auto ours = documents_of(from_.store, kind);
    if (!ours) return ours.error();
    const auto theirs = documents_of(to_.store, kind);
    if (!theirs) return theirs.error();
    for (const auto& [name, document] : *theirs) {
      const auto mine = ours->find(name);
      if (mine != ours->end() && mine->second.mac == document.mac) continue;
      if (const Status gone = to_.store.remove_document(kind, name, document.revision); !gone) return gone.error();
      ++differed;
    }
    for (const auto& [name, document] : *ours) {
      const auto other = theirs->find(name);
      if (other != theirs->end() && other->second.mac == document.mac) continue;
      if (const Status put = to_.store.put_document(document, 0); !put) return put.error();
      ++differed;
    }
  }
  return differed;
}

Result<std::uint64_t> StoreCopy::facts() {
  const auto of = [](const End& end) {
    return all<store::Fact>([&](const std::string& after) { return end.transfer.facts(after, kPage); },
                            [](const store::Fact& fact) { return fact.name; });
  };
  const auto ours = of(from_);
  if (!ours) return ours.error();
  const auto theirs = of(to_);
  if (!theirs) return theirs.error();
  std::uint64_t differed = 0;
  for (const auto& [name, fact] : *ours) {
    const auto other = theirs->find(name);
    if (other != theirs->end() && other->second.value == fact.value) continue;
    const auto expected = other == theirs->end() ? std::optional<Bytes>() : std::optional<Bytes>(other->second.value);
    if (const Status put = to_.store.put_fact(name, fact.value, expected); !put) return put.error();
    ++differed;
  }
  return differed;
}

Status StoreCopy::floors() {
  const auto ours = all<store::Floor>([&](const std::string& after) { return from_.transfer.floors(after, kPage); },
                                      [](const store::Floor& floor) { return floor.collection; });
  if (!ours) return ours.error();
  for (const auto& [collection, floor] : *ours) {
    if (const Status raised = to_.store.raise_floor(collection, floor.least); !raised) return raised;
  }
  return {};
}

Status StoreCopy::imports_of(const std::string& collection) {
  const auto of = [&](const End& end) {
    return all<store::ImportState>(
        [&](const std::string& after) { return end.transfer.imports(collection, after, kPage); },
        [](const store::ImportState& state) { return state.import_id; });
  };
  const auto ours = of(from_);
  if (!ours) return ours.error();
  const auto theirs = of(to_);
  if (!theirs) return theirs.error();
  for (const auto& [id, state] : *ours) {
    const auto other = theirs->find(id);
    const std::uint64_t known = other == theirs->end() ? 0 : other->second.lines_done;
    if (other != theirs->end() && known == state.lines_done && other->second.finished == state.finished) continue;
    std::vector<store::ImportError> errors;
    for (std::uint64_t line = known;;) {
      const auto page = from_.store.import_errors(collection, id, line, kPage);
      if (!page) return page.error();
      errors.insert(errors.end(), page->begin(), page->end());
      if (page->size() < kPage) break;
      line = page->back().line;
    }
    const auto put = to_.store.import_chunk({}, errors, state, known);
    if (!put) return put.error();
  }
  return {};
}

Status StoreCopy::imports() {
  const auto names = collections();
  if (!names) return names.error();
  for (const std::string& collection : *names) {
    if (const Status done = imports_of(collection); !done) return done;
  }
  return {};
}

Result<std::uint64_t> StoreCopy::rest() {
  const auto facts = this->facts();  // first: the governance key, without which nothing there can be checked
  if (!facts) return facts;
  const auto keys = this->keys();
  if (!keys) return keys;
  const auto documents = this->documents();
  if (!documents) return documents;
  if (const Status done = floors(); !done) return done.error();
  if (const Status done = imports(); !done) return done.error();
  return *facts + *keys + *documents;
}

}  // namespace sluis::gateway::leaving
