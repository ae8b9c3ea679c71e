#include "store/terms.h"

#include <algorithm>

namespace sluis::store {

Bytes pack_term(const IndexTerm& term) {
  Bytes out;
  out.reserve(6 + term.term.size());
  const auto push = [&](std::uint32_t value, unsigned shift) { out.push_back((value >> shift) & 0xffU); };
  push(term.field_id, 8);
  push(term.field_id, 0);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) push(term.key_version, shift);
  out.insert(out.end(), term.term.begin(), term.term.end());
  return out;
}

std::vector<Bytes> pack_terms(std::span<const IndexTerm> terms) {
  std::vector<Bytes> packed;
  packed.reserve(terms.size());
  for (const IndexTerm& term : terms) packed.push_back(pack_term(term));
  std::sort(packed.begin(), packed.end());
  packed.erase(std::unique(packed.begin(), packed.end()), packed.end());
  return packed;
}

Result<std::vector<IndexTerm>> unpack_terms(std::span<const Bytes> packed) {
  std::vector<IndexTerm> terms;
  terms.reserve(packed.size());
  for (const Bytes& one : packed) {
    Reader reader(one);
    const auto field = reader.u16();
    const auto version = reader.u32();
    const auto rest = reader.bytes(reader.left());
    if (!version || !rest || rest->empty()) return Error{Code::corrupt, "an index term is cut short"};
    terms.push_back({*field, *version, Bytes(rest->begin(), rest->end())});
  }
  return terms;
}

Bytes pack_list(std::span<const Bytes> packed) {
  Bytes out;
  for (const Bytes& term : packed) {
    out.push_back(static_cast<std::uint8_t>(term.size() >> 8U));
    out.push_back(static_cast<std::uint8_t>(term.size() & 0xffU));
    out.insert(out.end(), term.begin(), term.end());
  }
  return out;
}

Result<std::vector<Bytes>> unpack_list(ByteView list) {
  std::vector<Bytes> packed;
  while (!list.empty()) {
    if (list.size() < 2) return Error{Code::corrupt, "a record's list of index terms is cut short"};
    const std::size_t size = (std::size_t{list[0]} << 8U) | list[1];
    if (list.size() - 2 < size) return Error{Code::corrupt, "a record's list of index terms is cut short"};
    packed.emplace_back(list.begin() + 2, list.begin() + 2 + static_cast<std::ptrdiff_t>(size));
    list = list.subspan(2 + size);
  }
  return packed;
}

}  // namespace sluis::store
