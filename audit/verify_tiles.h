// Verification of a log by its published tiles: from a folder, a mirror or a server, without the gateway's help. Every
// entry is hashed and held against the tile of its hashes, every tile against the one above, the root against the
// signed checkpoint. Stateless and thread-safe.
#pragma once

#include "audit/tile_source.h"
#include "audit/verify.h"

namespace sluis::audit {

// Findings name the tile or bundle as their file. `source` is used by this thread alone. With options.start_at_saved,
// entries under the saved checkpoint are not read again: their tree is proven by its root. An error only if the source
// cannot be read; what it lacks is a finding.
Result<Verification> verify_tiles(TileSource& source, const VerifyOptions& options);

}  // namespace sluis::audit
