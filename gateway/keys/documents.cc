#include "gateway/keys/documents.h"

#include <algorithm>
#include <boost/json.hpp>

#include "gateway/keys/key_rows.h"

namespace sluis::gateway {
namespace {

namespace json = boost::json;

Result<Documents::Found> opened(const Governance& governance, const store::Document& row) {
  if (const Status sound = governance.check(row); !sound) return sound.error();
  boost::system::error_code error;
  json::value body = json::parse(row.body, error);
  if (error || !body.is_object()) return Error{Code::corrupt, "a governing row is malformed"};
  return Documents::Found{row.name, row.revision, std::move(body.get_object())};
}

}  // namespace

Result<Documents::Found> Documents::get(std::string_view kind, std::string_view name) const {
  const auto row = store_.get_document(kind, name);
  if (!row) return row.error();
  if (row->kind != kind || row->name != name) return Error{Code::corrupt, "the store gave another row"};
  return opened(governance_, *row);
}

Result<std::vector<Documents::Found>> Documents::list(std::string_view kind, std::string_view after,
                                                      std::size_t limit) const {
  const auto rows = store_.list_documents(kind, after, limit);
  if (!rows) return rows.error();
  std::vector<Found> out;
  out.reserve(rows->size());
  for (const store::Document& row : *rows) {
    if (row.kind != kind) return Error{Code::corrupt, "the store gave another row"};
    auto found = opened(governance_, row);
    if (!found) return found.error();
    out.push_back(std::move(*found));
  }
  return out;
}

Result<std::uint64_t> Documents::put(std::string_view kind, std::string_view name, const json::object& body,
                                     std::uint64_t expected_revision) {
  store::Document row;
  row.kind = kind;
  row.name = name;
  row.revision = std::max(expected_revision + 1, unix_time_us());
  row.body = json::serialize(body);
  if (row.body.size() > store::kMaxDocumentBytes) return Error{Code::too_large, "a governing row is too large"};
  governance_.seal(row);
  if (const Status stored = store_.put_document(row, expected_revision); !stored) return stored.error();
  return row.revision;
}

Status Documents::remove(std::string_view kind, std::string_view name, std::uint64_t expected_revision) {
  return store_.remove_document(kind, name, expected_revision);
}

}  // namespace sluis::gateway
