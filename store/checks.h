// What both stores refuse before they touch the database, so that they agree. Pure and thread-safe.
// Errors: invalid or too_large.
#pragma once

#include <span>
#include <string_view>

#include "store/store.h"

namespace sluis::store {

// Text of 1 to `max` bytes of UTF-8 without NUL: what both databases keep unchanged and compare byte by byte.
bool valid_text(std::string_view text, std::size_t max) noexcept;

Status check_name(std::string_view collection, std::string_view id);
Status check_collection(std::string_view collection);
Status check_write(const Record& record, const Expected& expected);
// For each of several puts.
std::vector<Status> check_puts(std::span<const Put> puts);
Status check_chunk(std::span<const Record> records, std::span<const ImportError> errors, const ImportState& after,
                   std::uint64_t expected_lines_done);
Status check_search(std::string_view collection, std::span<const Match> all_of, std::string_view after,
                    std::size_t limit);
Status check_remove(std::string_view collection, std::string_view id, const Expected& expected);
Status check_read(std::string_view collection, std::span<const std::string> ids);
Status check_import(std::string_view collection, std::string_view import_id);
Status check_key(const Key& key);
Status check_key_update(const Key& key, std::uint64_t expected_revision);
Status check_key_updates(std::span<const KeyUpdate> updates);
Status check_token(const LoginToken& token);
Status check_versions(std::string_view collection, std::string_view after, std::size_t limit);
Status check_rewrites(std::span<const Rewrite> rewrites);
Status check_transfer(std::span<const Record> records);
Status check_floor(std::string_view collection, std::uint32_t least);
Status check_ttl(std::chrono::milliseconds ttl);
Status check_lease(std::string_view name, std::string_view holder);
Status check_document_name(std::string_view kind, std::string_view name);
Status check_document(const Document& document, std::uint64_t expected_revision);
Status check_document_list(std::string_view kind, std::string_view after, std::size_t limit);
Status check_list(std::string_view prefix, std::string_view after);

}  // namespace sluis::store
