#include "store/checks.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "crypto/utf8.h"

namespace sluis::store {
namespace {

constexpr std::uint64_t kMaxSigned = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kMaxVersion = std::numeric_limits<std::int32_t>::max();

bool is_plain_text(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

bool fits_signed(std::uint64_t value) noexcept {
  return value <= kMaxSigned;
}

Status check_terms(std::span<const IndexTerm> terms) {
  if (terms.size() > kMaxTerms) return Error{Code::too_large, "a record has too many index terms"};
  for (const IndexTerm& term : terms) {
    if (term.term.empty() || term.term.size() > kMaxTermBytes) return Error{Code::invalid, "index term size"};
  }
  return {};
}

Status check_kind(std::string_view kind) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  const bool plain = !kind.empty() && kind.size() <= kMaxKindBytes && std::all_of(kind.begin(), kind.end(), fits);
  if (!plain) return Error{Code::invalid, "kind of a document"};
  return {};
}

}  // namespace

bool valid_text(std::string_view text, std::size_t max) noexcept {
  return !text.empty() && text.size() <= max && is_plain_text(text);
}

Status check_collection(std::string_view collection) {
  if (!valid_text(collection, kMaxCollectionBytes)) return Error{Code::invalid, "collection name"};
  return {};
}

Status check_name(std::string_view collection, std::string_view id) {
  if (auto ok = check_collection(collection); !ok) return ok;
  if (!valid_text(id, kMaxIdBytes)) return Error{Code::invalid, "record id"};
  return {};
}

Status check_write(const Record& record, const Expected& expected) {
  if (auto ok = check_name(record.collection, record.id); !ok) return ok;
  if (auto ok = check_terms(record.terms); !ok) return ok;
  if (record.revision == 0 || !fits_signed(record.revision)) return Error{Code::invalid, "record revision"};
  if (expected.kind == Expected::Kind::revision && expected.revision >= record.revision) {
    return Error{Code::invalid, "a record's revision must grow"};
  }
  if (record.key_version > kMaxVersion) return Error{Code::invalid, "key version"};
  if (record.envelope.size() > kEnvelopeMaxSize) return Error{Code::too_large, "envelope"};
  if (record.open_fields.size() > kMaxOpenFieldsBytes) return Error{Code::too_large, "open fields"};
  if (!is_plain_text(record.open_fields)) return Error{Code::invalid, "open fields are not UTF-8"};
  return {};
}

std::vector<Status> check_puts(std::span<const Put> puts) {
  std::vector<Status> checked(puts.size(), Error{Code::too_large, "too many puts at once"});
  if (puts.size() > kMaxPuts) return checked;
  std::transform(puts.begin(), puts.end(), checked.begin(),
                 [](const Put& put) { return check_write(*put.record, put.expected); });
  return checked;
}

Status check_chunk(std::span<const Record> records, std::span<const ImportError> errors, const ImportState& after,
                   std::uint64_t expected_lines_done) {
  if (auto ok = check_collection(after.collection); !ok) return ok;
  if (!valid_text(after.import_id, 64) || !valid_text(after.principal, 1024)) {
    return Error{Code::invalid, "import id or principal"};
  }
  if (expected_lines_done > after.lines_done) return Error{Code::invalid, "an import's line count must not shrink"};
  for (const std::uint64_t n : {after.lines_done, after.records, after.errors, after.updated_us}) {
    if (!fits_signed(n)) return Error{Code::invalid, "import counters"};
  }
  if (records.size() > kMaxChunkRecords) return Error{Code::too_large, "import chunk"};
  for (const Record& record : records) {
    if (record.collection != after.collection) return Error{Code::invalid, "import chunk of two collections"};
    if (auto ok = check_write(record, {}); !ok) return ok;
  }
  for (const ImportError& error : errors) {
    if (!fits_signed(error.line) || !valid_text(error.code, 256)) return Error{Code::invalid, "import error"};
    if (!error.field.empty() && !valid_text(error.field, 256)) return Error{Code::invalid, "import error"};
  }
  return {};
}

Status check_search(std::string_view collection, std::span<const Match> all_of, std::string_view after,
                    std::size_t limit) {
  if (auto ok = check_collection(collection); !ok) return ok;
  if (limit == 0) return Error{Code::invalid, "page limit"};
  if (!after.empty() && !valid_text(after, kMaxIdBytes)) return Error{Code::invalid, "page start"};
  if (all_of.size() > kMaxMatches) return Error{Code::too_large, "too many conditions"};
  for (const Match& match : all_of) {
    if (auto ok = check_terms(match.any_of); !ok) return ok;
  }
  return {};
}

Status check_key(const Key& key) {
  if (!valid_text(key.name, kMaxNameBytes)) return Error{Code::invalid, "key name"};
  if (!is_plain_text(key.attributes)) return Error{Code::invalid, "key attributes"};
  if (!fits_signed(key.revision) || !fits_signed(key.created_us) || !fits_signed(key.due_us))
    return Error{Code::invalid, "key numbers"};
  for (const KeyVersion& version : key.versions) {
    if (version.key_id != key.id) return Error{Code::invalid, "key version of another key"};
    if (version.version == 0 || version.version > kMaxVersion || version.master_version > kMaxVersion ||
        !fits_signed(version.created_us)) {
      return Error{Code::invalid, "key version numbers"};
    }
  }
  return {};
}

Status check_key_update(const Key& key, std::uint64_t expected_revision) {
  if (key.revision <= expected_revision) return Error{Code::invalid, "a key's revision must grow"};
  return check_key(key);
}

Status check_key_updates(std::span<const KeyUpdate> updates) {
  if (updates.size() > kMaxRewrites) return Error{Code::too_large, "too many keys to change at once"};
  for (const KeyUpdate& update : updates) {
    if (auto ok = check_key_update(*update.key, update.expected_revision); !ok) return ok;
  }
  return {};
}

Status check_remove(std::string_view collection, std::string_view id, const Expected& expected) {
  if (expected.kind == Expected::Kind::absent) return Error{Code::invalid, "removal of an absent record"};
  if (!fits_signed(expected.revision)) return Error{Code::invalid, "record revision"};
  return check_name(collection, id);
}

Status check_read(std::string_view collection, std::span<const std::string> ids) {
  if (ids.size() > kMaxReadIds) return Error{Code::too_large, "too many records asked for"};
  for (const std::string& id : ids) {
    if (auto ok = check_name(collection, id); !ok) return ok;
  }
  return check_collection(collection);
}

Status check_import(std::string_view collection, std::string_view import_id) {
  if (!valid_text(import_id, 64)) return Error{Code::invalid, "import id"};
  return check_collection(collection);
}

Status check_token(const LoginToken& token) {
  if (!valid_text(token.accessor, kMaxAccessorBytes)) return Error{Code::invalid, "token accessor"};
  if (!valid_text(token.principal, kMaxPrincipalBytes)) return Error{Code::invalid, "token principal"};
  const bool in_order = token.issued_us <= token.expires_us && token.expires_us <= token.limit_us;
  if (!in_order || !fits_signed(token.limit_us)) return Error{Code::invalid, "token times"};
  return {};
}

Status check_versions(std::string_view collection, std::string_view after, std::size_t limit) {
  return check_search(collection, {}, after, limit);
}

Status check_rewrites(std::span<const Rewrite> rewrites) {
  if (rewrites.size() > kMaxRewrites) return Error{Code::too_large, "too many records rewritten at once"};
  std::unordered_set<std::string_view> ids;
  for (const Rewrite& rewrite : rewrites) {
    const Record& record = *rewrite.record;
    if (auto ok = check_write(record, {}); !ok) return ok;
    if (record.collection != rewrites.front().record->collection) {
      return Error{Code::invalid, "records of two collections rewritten at once"};
    }
    if (record.key_version <= rewrite.expected_key_version) return Error{Code::invalid, "a key version must grow"};
    if (!ids.insert(record.id).second) return Error{Code::invalid, "a record rewritten twice at once"};
  }
  return {};
}

Status check_transfer(std::span<const Record> records) {
  if (records.size() > kMaxChunkRecords) return Error{Code::too_large, "too many records at once"};
  std::unordered_set<std::string_view> ids;
  for (const Record& record : records) {
    if (auto ok = check_write(record, {}); !ok) return ok;
    if (record.collection != records.front().collection) return Error{Code::invalid, "records of two collections"};
    if (!ids.insert(record.id).second) return Error{Code::invalid, "a record written twice at once"};
  }
  return {};
}

Status check_floor(std::string_view collection, std::uint32_t least) {
  if (least > kMaxVersion) return Error{Code::invalid, "key version"};
  return check_collection(collection);
}

Status check_ttl(std::chrono::milliseconds ttl) {
  if (ttl.count() < 1 || ttl > kMaxLease) return Error{Code::invalid, "length of a lease"};
  return {};
}

Status check_lease(std::string_view name, std::string_view holder) {
  if (!valid_text(name, kMaxNameBytes) || !valid_text(holder, kMaxPrincipalBytes)) {
    return Error{Code::invalid, "name or holder of a lease"};
  }
  return {};
}

Status check_document_name(std::string_view kind, std::string_view name) {
  if (!valid_text(name, kMaxNameBytes)) return Error{Code::invalid, "name of a document"};
  return check_kind(kind);
}

Status check_document(const Document& document, std::uint64_t expected_revision) {
  if (document.revision <= expected_revision || !fits_signed(document.revision)) {
    return Error{Code::invalid, "a document's revision must grow"};
  }
  if (document.body.size() > kMaxDocumentBytes) return Error{Code::too_large, "document"};
  if (!is_plain_text(document.body)) return Error{Code::invalid, "a document is not UTF-8"};
  return check_document_name(document.kind, document.name);
}

Status check_document_list(std::string_view kind, std::string_view after, std::size_t limit) {
  if (limit == 0) return Error{Code::invalid, "page limit"};
  if (!after.empty() && !valid_text(after, kMaxNameBytes)) return Error{Code::invalid, "page start"};
  return check_kind(kind);
}

Status check_list(std::string_view prefix, std::string_view after) {
  if (!prefix.empty() && !valid_text(prefix, kMaxNameBytes)) return Error{Code::invalid, "prefix of a key name"};
  if (!after.empty() && !valid_text(after, kMaxNameBytes)) return Error{Code::invalid, "page start"};
  return {};
}

}  // namespace sluis::store
