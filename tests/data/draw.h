// Draws that give the same result on every machine: integers only, and each record has a stream of its own, so that any
// part of a register can be made without the part before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluis::registry {

// SplitMix64 (Steele, Lea, Flood 2014): fast and good enough for test data, not for keys.
class Draw {
 public:
  // `topic` keeps the streams of persons, groups and diplomas apart.
  Draw(std::uint64_t seed, std::uint64_t topic, std::uint64_t index);

  std::uint64_t next();
  // Uniform in [0, bound); bound > 0.
  std::uint32_t below(std::uint32_t bound);
  // True in `percent` of 100 draws.
  bool chance(std::uint32_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

// A choice by weight. Immutable and thread-safe once made.
class Weights {
 public:
  explicit Weights(std::span<const std::uint32_t> weights);
  // Weight of the item at rank r (from 0) is proportional to 1 / (r + 1 + flatness): few are common, many are rare.
  static Weights zipf(std::size_t items, std::uint32_t flatness);

  std::size_t pick(Draw& draw) const;

 private:
  std::vector<std::uint32_t> upto_;  // running sums
};

// Texts of falling frequency, with Zipf-like weights.
class SkewedList {
 public:
  SkewedList(std::span<const std::string_view> texts, std::uint32_t flatness)
      : texts_(texts), weights_(Weights::zipf(texts.size(), flatness)) {}
  std::string_view pick(Draw& draw) const { return texts_[weights_.pick(draw)]; }

 private:
  std::span<const std::string_view> texts_;
  Weights weights_;
};

}  // namespace sluis::registry
