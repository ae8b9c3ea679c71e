// What the kernel says of this process's memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace sluis::test {

// VmLck of /proc/self/status, in bytes.
inline std::size_t locked_by_kernel() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmLck:")) return std::strtoul(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

// The VmFlags of /proc/self/smaps for the mapping that holds `at`, between spaces: " rd wr lo dd ".
inline std::string mapping_flags(const void* at) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char dash = 0;
    std::istringstream words(line);
    if (line.find(':') > line.find('-') && words >> std::hex >> begin >> dash >> end) {
      inside = begin <= address && address < end;
    }
    if (inside && line.starts_with("VmFlags:")) return line.substr(8) + " ";
  }
  return "";
}

}  // namespace sluis::test
