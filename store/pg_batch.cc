#include "store/pg_batch.h"

#include <algorithm>
#include <tuple>

namespace sluis::store::pg {

Batch::Batch(std::span<const Put> puts, std::span<const Status> checked) : results_(puts.size()) {
  for (std::size_t i = 0; i < puts.size(); ++i) {
    if (checked[i]) items_.emplace_back(i, puts[i]);
  }
}

bool Batch::has_more() const {
  return std::any_of(items_.begin(), items_.end(), [this](const Item& item) { return waits(item); });
}

std::vector<std::size_t> Batch::open() const {
  std::vector<std::size_t> positions;
  for (const Item& item : items_) {
    if (!results_[item.position]) positions.push_back(item.position);
  }
  return positions;
}

void Batch::settle(std::size_t position, const Status& status) {
  results_[position] = status;
}

// The inserts that can be one statement come first, in the order of their rows, then the others in theirs: batches of
// several gateways lock rows in one order. Puts of one record keep their order, and only the first of them may be among
// the inserts. Gives the end of the first part.
Batch::Items::iterator Batch::arrange(Items& items) {
  const auto row = [](const Item* item) { return std::tie(item->steps.record().collection, item->steps.record().id); };
  std::stable_sort(items.begin(), items.end(), [&](const Item* a, const Item* b) { return row(a) < row(b); });
  const Item* before = nullptr;
  return std::stable_partition(items.begin(), items.end(), [&](const Item* item) {
    const bool first = before == nullptr || row(before) != row(item);
    before = item;
    return first && item->steps.inserts();
  });
}

bool Batch::run(PgConnection& connection) {
  Items items;
  for (Item& item : items_) {
    if (waits(item)) items.push_back(&item);
  }
  const auto middle = arrange(items);
  return run(connection, {items.begin(), middle}, {middle, items.end()});
}

bool Batch::run(PgConnection& connection, std::span<Item* const> inserts, std::span<Item* const> others) {
  std::vector<PgCall> calls;
  std::optional<PutMany> many;
  if (inserts.size() > 1) {
    std::vector<const PutSteps*> puts;
    for (const Item* item : inserts) puts.push_back(&item->steps);
    calls.push_back(many.emplace(puts).call());
  }
  if (inserts.size() == 1) calls.push_back(inserts.front()->steps.call());
  for (Item* item : others) calls.push_back(item->steps.call());
  const auto results = connection.run_all(calls);
  if (!results || results->size() != calls.size()) return false;
  auto result = results->begin();
  if (many) {
    const auto inserted = many->judge(*result++);
    for (std::size_t i = 0; i < inserts.size(); ++i) judge(*inserts[i], inserts[i]->steps.judge(inserted[i]));
  }
  if (inserts.size() == 1) judge(*inserts.front(), inserts.front()->steps.judge(*result++));
  for (Item* item : others) judge(*item, item->steps.judge(*result++));
  return true;
}

}  // namespace sluis::store::pg
