#include <cstddef>
#include <cstdint>

#include "tests/fuzz/audit/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluis::fuzz::leaf({data, size});
  return 0;
}
