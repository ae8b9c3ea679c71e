// Entry points of the audit log's fuzz targets: each takes any bytes and aborts where a promise of the parser is
// broken.
#pragma once

#include "crypto/bytes.h"

namespace sluis::fuzz {

void segment(ByteView bytes);     // a segment's header, its batches and its tail
void checkpoint(ByteView bytes);  // a signed note
void leaf(ByteView bytes);        // an entry's line, and any text as a JSON string

// A sound segment with some batches, and a sound note: seeds.
Bytes segment_seed();
Bytes checkpoint_seed();
Bytes leaf_seed();

}  // namespace sluis::fuzz
