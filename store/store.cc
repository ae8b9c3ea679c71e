#include "store/store.h"

namespace sluis::store {

std::string_view name(KeyState state) noexcept {
  switch (state) {
    case KeyState::active:
      return "active";
    case KeyState::deactivated:
      return "deactivated";
    case KeyState::destroyed:
      return "destroyed";
    case KeyState::pre_active:
      return "pre-active";
    case KeyState::destruction_scheduled:
      return "destruction-scheduled";
    case KeyState::compromised:
      return "compromised";
  }
  return "unknown";
}

Status Store::put(const Record& record, const Expected& expected) {
  const Put one{&record, expected};
  return put_many({&one, 1}).front();
}

namespace {
constexpr Error kMissing{Code::internal, "this store does not do that"};
}  // namespace

Result<SearchPage> Store::scan_versions(std::string_view, std::uint32_t, std::uint32_t, std::string_view, std::size_t) {
  return kMissing;
}
Result<std::vector<std::size_t>> Store::rewrite(const Lease&, std::span<const Rewrite>) {
  return kMissing;
}
Result<std::map<std::uint32_t, std::uint64_t>> Store::count_versions(std::string_view) {
  return kMissing;
}
Status Store::raise_floor(std::string_view, std::uint32_t) {
  return kMissing;
}
Result<Lease> Store::take_lease(std::string_view, std::string_view, std::chrono::milliseconds) {
  return kMissing;
}
Status Store::renew_lease(const Lease&, std::chrono::milliseconds) {
  return kMissing;
}
Status Store::drop_lease(const Lease&) {
  return kMissing;
}
Result<Document> Store::get_document(std::string_view, std::string_view) {
  return kMissing;
}
Status Store::put_document(const Document&, std::uint64_t) {
  return kMissing;
}
Result<std::vector<Document>> Store::list_documents(std::string_view, std::string_view, std::size_t) {
  return kMissing;
}
Status Store::remove_document(std::string_view, std::string_view, std::uint64_t) {
  return kMissing;
}

}  // namespace sluis::store
