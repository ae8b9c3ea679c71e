#include "gateway/adopted/sources.h"

#include <algorithm>

namespace sluis::gateway::adopted {

const Sources::Source* Sources::find(std::string_view name) const {
  const auto found =
      std::find_if(sources_.begin(), sources_.end(), [&](const Source& source) { return source.name == name; });
  return found == sources_.end() ? nullptr : &*found;
}

Result<std::unique_ptr<store::CipherTable>> Sources::open(const Declaration& declaration) const {
  const Source* const source = find(declaration.source);
  if (source == nullptr) return Error{Code::invalid, "the configuration has no data source of that name"};
  auto dsn = source->dsn();
  if (!dsn) return dsn.error();
  store::CipherTableOptions options;
  options.dsn = *std::move(dsn);
  options.on_trouble = [this, name = source->name](std::string_view state, std::string_view text) {
    if (on_trouble_) on_trouble_(name, state, text);
  };
  return store::open_cipher_table(std::move(options), columns_of(declaration));
}

unsigned Sources::connections(std::string_view source) const {
  const Source* const found = find(source);
  return found == nullptr ? 2 : found->connections;
}

}  // namespace sluis::gateway::adopted
