// The folder of the generations: one folder for each, 0700, that appears with its final name only when everything in it
// is on disk. What is being made lies beside them under a name that begins with a dot. Errors: unavailable if the disk
// is full or failing. Stateless and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "audit/file_ops.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::gateway {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kNoteName = "manifest.note";
inline constexpr std::size_t kMaxManifestBytes = std::size_t{256} << 20U;

// A folder that is removed with all that is in it when its object goes, unless it was published.
class Staging {
 public:
  // `prefix` begins with a dot: ".part-", ".drill-". Makes `parent` with mode 0700 where it is missing.
  static Result<Staging> make(const std::string& parent, std::string_view prefix, std::string_view id);
  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&&) = delete;
  ~Staging();

  std::string path(std::string_view name) const;
  // Gives the folder its final name, durably. Conflict if that is taken.
  Status publish(std::string_view name);

 private:
  Staging(std::string parent, std::string folder) : parent_(std::move(parent)), folder_(std::move(folder)) {}
  std::string parent_, folder_;
};

// Removes what earlier processes left unfinished. Only for who holds the lease on backups.
void remove_leftovers(const std::string& parent);

Result<audit::File> make_file(const std::string& path);                 // 0600; must be new
Result<audit::File> open_file(const std::string& path);                 // to read; not_found
Status write_file(const std::string& path, std::string_view contents);  // new, synced
Status sync_file(const audit::File& file);
Result<std::string> read_file(const std::string& path, std::size_t limit);
Status copy_file(const std::string& from, const std::string& to);

struct Measured {
  std::uint64_t bytes = 0;
  Digest sha256{};
};
Result<Measured> measure(const std::string& path);

// Removes a published generation, name first. Nothing there is no error.
Status remove_generation(const std::string& parent, std::string_view id);

}  // namespace sluis::gateway
