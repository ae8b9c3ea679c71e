// Where generations are kept: in their folder, or with a command that takes and gives single files (object stores).
// Thread-safe.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "gateway/backups/generation.h"
#include "gateway/backups/process.h"

namespace sluis::gateway {

struct Commands {
  std::vector<std::string> store, fetch, expire;  // `{id}` and `{name}` are filled in; empty: none
  std::chrono::seconds limit{3600};
};

class CommandTarget {
 public:
  CommandTarget(Commands commands, OnComplaint on_complaint)
      : commands_(std::move(commands)), on_complaint_(std::move(on_complaint)) {}

  bool given() const noexcept { return !commands_.store.empty(); }
  // Hands the file to the command's standard input. A generation is whole once its manifest's note is there: it goes
  // last.
  Status store(std::string_view id, std::string_view name, const std::string& path, const std::stop_token& stop) const;
  // Error not_found if no command is configured for it.
  Status fetch(std::string_view id, std::string_view name, const std::string& path, const std::stop_token& stop) const;
  Status expire(std::string_view id, std::string_view name, const std::stop_token& stop) const;

 private:
  Program program(const std::vector<std::string>& words, std::string_view id, std::string_view name) const;
  Commands commands_;
  OnComplaint on_complaint_;
};

}  // namespace sluis::gateway
