#include "crypto/wrap_context.h"

namespace sluis {

Bytes encode(const WrapContext& context) {
  Bytes out;
  out.reserve(4 + kWrapDomain.size() + 4 + context.key_name.size() + context.key_id.size() + 8);
  append_prefixed(out, bytes_of(kWrapDomain));
  append_prefixed(out, bytes_of(context.key_name));
  out.insert(out.end(), context.key_id.begin(), context.key_id.end());
  append_u32(out, context.version);
  append_u32(out, context.master_version);
  return out;
}

}  // namespace sluis
