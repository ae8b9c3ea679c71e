// batch_input everywhere: order, references, mistakes and their status
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { check } from './harness.mjs';
import { b64, backend, fresh, keyOf, officer, publicKey, refused, split, unb64 } from './tools.mjs';

const CONTEXT = b64('c');

check('batch: a thousand there and back, in order', async () => {
  const name = await keyOf('aes256-gcm96');
  const texts = Array.from({ length: 1000 }, (_, i) => b64(`item ${i}`));
  const sealed = (await backend.encryptData({ name, batch_input: texts.map((plaintext, i) => ({ plaintext, reference: `r${i}` })) })).data;
  assert.deepEqual(sealed.batch_results.map((item) => item.reference), texts.map((_, i) => `r${i}`));
  assert.ok(sealed.batch_results.every((item) => item.key_version === 1));
  const opened = (await backend.decryptData({ name, batch_input: sealed.batch_results.map(({ ciphertext, reference }) => ({ ciphertext, reference })) })).data;
  assert.deepEqual(opened.batch_results, texts.map((plaintext, i) => ({ plaintext, reference: `r${i}` })));
});

check('batch: one bad item changes no other', async () => {
  const name = await keyOf('aes256-gcm96');
  const items = [{ plaintext: b64('a') }, { plaintext: '*' }, {}, { plaintext: b64('b'), key_version: 9 }, { plaintext: b64('c') }];
  const error = await refused(backend.encryptData({ name, batch_input: items }), 400);
  const results = error.response.body.data.batch_results;
  assert.deepEqual(results.map((item) => Object.keys(item).sort().join()), ['ciphertext,key_version', 'error', 'error', 'error', 'ciphertext,key_version']);
  assert.deepEqual(results.slice(1, 4).map((item) => item.error), ['illegal base64 data', 'missing plaintext to encrypt',
    'requested version for encryption is higher than the latest key version']);
  const again = await refused(backend.decryptData({ name, batch_input: [{ ciphertext: results[0].ciphertext }, { ciphertext: 'vault:v1:AAAA' }, { ciphertext: results[4].ciphertext }] }), 400);
  const [first, second, third] = again.response.body.data.batch_results;
  assert.deepEqual([first, third], [{ plaintext: b64('a') }, { plaintext: b64('c') }]);
  assert.equal(second.plaintext, '');
  assert.ok(second.error);
});

check('batch: partial_failure_response_code', async () => {
  const name = await keyOf('aes256-gcm96');
  const good = { plaintext: b64('a') };
  const part = await refused(backend.encryptData({ name, batch_input: [good, {}], partial_failure_response_code: 207 }), 207);
  assert.equal(part.response.body.data.batch_results.length, 2);
  // 200 is no error to the library: the items say what went wrong.
  const quiet = await backend.encryptData({ name, batch_input: [good, {}], partial_failure_response_code: 200 });
  const ciphertext = quiet.data.batch_results[0].ciphertext;
  assert.ok(quiet.data.batch_results[1].error);
  await refused(backend.encryptData({ name, batch_input: [{}, {}], partial_failure_response_code: 207 }), 400);
  assert.equal((await backend.encryptData({ name, batch_input: [good], partial_failure_response_code: 207 })).data.batch_results.length, 1);
  const opened = await backend.decryptData({ name, batch_input: [{ ciphertext }, { ciphertext: 'x' }], partial_failure_response_code: 200 });
  assert.deepEqual(opened.data.batch_results, [{ plaintext: b64('a') }, { plaintext: '', error: 'invalid ciphertext: no prefix' }]);
  await refused(backend.decryptData({ name, batch_input: [{ ciphertext: 'x' }], partial_failure_response_code: 200 }), 400);
});

check('batch: contexts in all items or in none', async () => {
  const name = await keyOf('aes256-gcm96', { derived: true });
  const words = 'context should be set either in all the request blocks or in none';
  await refused(backend.encryptData({ name, batch_input: [{ plaintext: '', context: CONTEXT }, { plaintext: '' }] }), 400, words);
  const both = (await backend.encryptData({ name, batch_input: [{ plaintext: b64('1'), context: CONTEXT }, { plaintext: b64('2'), context: b64('d') }] })).data;
  const items = both.batch_results.map(({ ciphertext }, i) => ({ ciphertext, context: [CONTEXT, b64('d')][i] }));
  assert.deepEqual((await backend.decryptData({ name, batch_input: items })).data.batch_results, [{ plaintext: b64('1') }, { plaintext: b64('2') }]);
  await refused(backend.decryptData({ name, batch_input: [items[0], { ciphertext: items[1].ciphertext }] }), 400, words);
  await refused(backend.rewrapData({ name, batch_input: [items[0], { ciphertext: items[1].ciphertext }] }), 400, words);
});

check('batch: versions and associated data of items', async () => {
  const name = fresh('batch');
  await officer.transitCreateKey({ name });
  await officer.write(`transit/keys/${name}/rotate`);
  const sealed = (await backend.encryptData({ name, batch_input: [
    { plaintext: b64('a'), key_version: 1, associated_data: b64('1') }, { plaintext: b64('b'), associated_data: b64('2') }] })).data.batch_results;
  assert.deepEqual(sealed.map((item) => split(item.ciphertext).version), [1, 2]);
  const moved = (await backend.rewrapData({ name, batch_input: sealed.map(({ ciphertext }, i) => ({ ciphertext, associated_data: b64(`${i + 1}`), key_version: 2 - i })) })).data.batch_results;
  assert.deepEqual(moved.map((item) => split(item.ciphertext).version), [2, 1]);
  const items = moved.map(({ ciphertext }, i) => ({ ciphertext, associated_data: b64(`${i + 1}`) }));
  assert.deepEqual((await backend.decryptData({ name, batch_input: items })).data.batch_results, [{ plaintext: b64('a') }, { plaintext: b64('b') }]);
});

check('batch: nothing, and what is no list', async () => {
  const name = await keyOf('aes256-gcm96');
  const missing = 'missing batch input to process';
  await refused(backend.encryptData({ name, batch_input: [] }), 400, missing);
  await refused(backend.decryptData({ name, batch_input: [] }), 400, missing);
  await refused(backend.rewrapData({ name, batch_input: [] }), 400, missing);
  for (const batch_input of ['x', 7, {}, true]) await refused(backend.encryptData({ name, batch_input }), 400);
  const mixed = await refused(backend.encryptData({ name, batch_input: [1, null, 'x', [], { plaintext: b64('a') }] }), 400);
  assert.deepEqual(mixed.response.body.data.batch_results.map((item) => 'error' in item), [true, true, true, true, false]);
});

check('batch: hmac, sign and verify stay 200', async () => {
  const name = await keyOf('ed25519');
  const inputs = [{ input: b64('a'), reference: 'one' }, { input: '*' }, { input: b64('b') }];
  const macs = (await backend.write(`transit/hmac/${name}`, { batch_input: inputs })).data.batch_results;
  const signed = (await backend.write(`transit/sign/${name}`, { batch_input: inputs })).data.batch_results;
  for (const results of [macs, signed]) {
    assert.equal(results[0].reference, 'one');
    assert.ok(results[1].error);
  }
  const key = await publicKey(name);
  assert.ok(crypto.verify(null, Buffer.from('b'), key, split(signed[2].signature).bytes));
  const checked = (await backend.write(`transit/verify/${name}`, { batch_input: [
    { input: b64('a'), signature: signed[0].signature, reference: 'one' }, { input: b64('b'), signature: signed[0].signature }, { input: b64('b'), signature: 'x' }] })).data.batch_results;
  assert.deepEqual(checked[0], { valid: true, reference: 'one' });
  assert.deepEqual(checked[1], { valid: false });
  assert.ok(checked[2].error);
  const maced = (await backend.write(`transit/verify/${name}`, { batch_input: [{ input: b64('a'), hmac: macs[0].hmac }, { input: b64('a'), hmac: macs[2].hmac }] })).data.batch_results;
  assert.deepEqual(maced, [{ valid: true }, { valid: false }]);
  await refused(backend.write(`transit/verify/${name}`, { batch_input: [
    { input: b64('a'), hmac: macs[0].hmac }, { input: b64('a'), signature: signed[0].signature }] }), 400);
});

check('batch: signatures of a derived key', async () => {
  const name = await keyOf('ed25519', { derived: true });
  const { batch_results } = (await backend.write(`transit/sign/${name}`, { batch_input: [{ input: b64('a'), context: CONTEXT }, { input: b64('a'), context: b64('d') }] })).data;
  assert.notEqual(batch_results[0].publickey, batch_results[1].publickey);
  assert.equal(unb64(batch_results[0].publickey).length, 32);
  const checked = (await backend.write(`transit/verify/${name}`, { batch_input: batch_results.map(({ signature }) => ({ input: b64('a'), context: CONTEXT, signature })) })).data;
  assert.deepEqual(checked.batch_results.map((item) => item.valid), [true, false]);
});
