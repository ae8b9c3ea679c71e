// The properties that hold for every input. Each function aborts where one does not; libFuzzer and the seeds call them.
#pragma once

#include "crypto/bytes.h"

namespace sluis::fuzz {

// What parses as an envelope is encoded by exactly these bytes, and a changed envelope never opens.
void envelope(ByteView input);
// A Reader never reads past its buffer, nor on after a failure.
void reader(ByteView input);
// What decodes, as base64 or hexadecimal, is encoded to exactly this text.
void base64(ByteView input);
// A normalised value is UTF-8, no longer than the value, and its own normal form.
void normalise(ByteView input);
// A key read from PKCS#8 signs what it verifies, and is read again from what it gives.
void pkcs8(ByteView input);
// A chain has 1 to 16 certificates, each of which is in the text.
void chain(ByteView input);
// What unwraps is wrapped to exactly these bytes again.
void unwrap(ByteView input);

}  // namespace sluis::fuzz
