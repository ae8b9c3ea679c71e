// The table of options: name, kind, default, unit, bounds, text, and where the value goes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"

namespace sluis::gateway {

struct OptionValue {
  std::string text;
  std::uint64_t number = 0;
  bool flag = false;
  std::vector<std::string> list{};
};

struct Option {
  enum class Kind : std::uint8_t { text, path, number, flag, choice, list };
  enum class Applies : std::uint8_t { at_reload, at_restart };

  std::string_view section, name;
  Kind kind;
  std::string_view standard;  // default as written in TOML without quotes; "!" : must be given; "" : none
  std::string_view unit;      // of numbers; for choices: the values, separated by '|'
  std::uint64_t least, most;  // of numbers
  Applies applies;
  std::string_view text;
  void (*set)(Config&, const OptionValue&);
};

std::span<const Option> options();

}  // namespace sluis::gateway
