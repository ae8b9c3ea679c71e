import './cipher.mjs';
import './batch.mjs';
import './sign.mjs';
import './keys.mjs';
import './transfer.mjs';
import './http.mjs';
import { run } from './harness.mjs';

await run();
