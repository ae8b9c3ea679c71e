#include "gateway/records/seal_again.h"

#include <utility>
#include <vector>

#include "gateway/records/sealer.h"

namespace sluis::gateway {

Status seal_again(const std::shared_ptr<const Collection>& collection, const OpenKey& from,
                  const std::shared_ptr<const OpenKey>& to, store::Record& record) {
  OpenedRecord opened(*collection, record);
  if (const Status started = opened.start(from); !started) return started;
  std::vector<SecretBuffer> texts(collection->fields().size());
  std::vector<JsonValue> values(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto found = opened.append(i, texts[i]);
    if (!found) return found.error();
    if (*found) values[i] = as_value(texts[i].expose_text());
  }
  store::Record again;
  const auto fault = Sealer(collection, to).seal(record.id, record.revision, values, again);
  if (!fault) return fault.error();
  if (*fault) return Error{Code::internal, "a record does not seal again"};
  again.line = record.line;
  record = std::move(again);
  return {};
}

}  // namespace sluis::gateway
