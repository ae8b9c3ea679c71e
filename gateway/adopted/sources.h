// The databases that the configuration names ([[data_source]]), and their tables. Thread-safe; opening connects.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/adopted/cells.h"

namespace sluis::gateway::adopted {

class Sources {
 public:
  // One source: gives the connection string, read anew each time, so that a password may be changed under way.
  struct Source {
    std::string name;
    std::function<Result<std::string>()> dsn;
    unsigned connections = 4;
  };
  using OnTrouble = std::function<void(std::string_view source, std::string_view sqlstate, std::string_view text)>;

  Sources(std::vector<Source> sources, OnTrouble on_trouble)
      : sources_(std::move(sources)), on_trouble_(std::move(on_trouble)) {}

  // Error invalid for a source that the configuration does not have; else those of store::open_cipher_table.
  Result<std::unique_ptr<store::CipherTable>> open(const Declaration& declaration) const;
  unsigned connections(std::string_view source) const;

 private:
  const Source* find(std::string_view name) const;

  const std::vector<Source> sources_;
  const OnTrouble on_trouble_;
};

}  // namespace sluis::gateway::adopted
