#include "tests/data/draw.h"

#include <algorithm>

namespace sluis::registry {
namespace {

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15U;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace

Draw::Draw(std::uint64_t seed, std::uint64_t topic, std::uint64_t index)
    : state_(mix(mix(mix(seed + golden) ^ (topic * golden)) ^ index)) {}

std::uint64_t Draw::next() {
  state_ += golden;
  return mix(state_);
}

std::uint32_t Draw::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
}

Weights::Weights(std::span<const std::uint32_t> weights) {
  std::uint32_t sum = 0;
  for (const auto weight : weights) upto_.push_back(sum += weight);
}

Weights Weights::zipf(std::size_t items, std::uint32_t flatness) {
  std::vector<std::uint32_t> weights;
  for (std::size_t rank = 0; rank < items; ++rank) {
    weights.push_back(1'000'000U / (static_cast<std::uint32_t>(rank) + 1U + flatness));
  }
  return Weights(weights);
}

std::size_t Weights::pick(Draw& draw) const {
  const auto at = std::upper_bound(upto_.begin(), upto_.end(), draw.below(upto_.back()));
  return static_cast<std::size_t>(at - upto_.begin());
}

}  // namespace sluis::registry
