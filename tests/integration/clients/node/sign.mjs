// sign, verify, hmac, hash, random
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { check } from './harness.mjs';
import { CURVES, RSAS, TYPES, b64, backend, ed25519Private, ed25519Public, fresh, keyOf, officer, publicKey, refused, split, unb64 } from './tools.mjs';

const MESSAGE = Buffer.from('diploma d-0000000042');
const DIGESTS = { 'sha2-224': 'sha224', 'sha2-256': 'sha256', 'sha2-384': 'sha384', 'sha2-512': 'sha512',
  'sha3-224': 'sha3-224', 'sha3-256': 'sha3-256', 'sha3-384': 'sha3-384', 'sha3-512': 'sha3-512' };
const { RSA_PKCS1_PSS_PADDING, RSA_PKCS1_PADDING } = crypto.constants;
const digestOf = (algorithm, data) => crypto.createHash(DIGESTS[algorithm]).update(data).digest();

const sign = async (name, body, path = `transit/sign/${name}`) => (await backend.write(path, body)).data;
const verify = async (name, body, path = `transit/verify/${name}`) => (await backend.write(path, body)).data.valid;
const url64 = (signature) => Buffer.from(signature.split(':')[2], 'base64url');

async function judged(name, input, signature, options) {
  assert.equal(await verify(name, { input: b64(input), signature, ...options }), true);
  assert.equal(await verify(name, { input: b64('something else'), signature, ...options, prehashed: false }), false);
}

check('sign: ed25519, judged by node and back', async () => {
  const name = await keyOf('ed25519', { exportable: true });
  const { signature, key_version } = await sign(name, { input: b64(MESSAGE) });
  assert.equal(key_version, 1);
  assert.ok(crypto.verify(null, MESSAGE, await publicKey(name), split(signature).bytes));
  await judged(name, MESSAGE, signature, {});
  const raw = unb64((await officer.read(`transit/export/signing-key/${name}/1`)).data.keys[1]);
  const own = crypto.sign(null, MESSAGE, ed25519Private(raw.subarray(0, 32)));
  assert.deepEqual(own, split(signature).bytes);
  const jws = await sign(name, { input: b64(MESSAGE), marshaling_algorithm: 'jws' });
  assert.deepEqual(url64(jws.signature), own);
});

check('sign: a derived ed25519 key', async () => {
  const name = await keyOf('ed25519', { derived: true });
  const context = b64('c');
  const { signature, public_key } = await sign(name, { input: b64(MESSAGE), context });
  assert.ok(crypto.verify(null, MESSAGE, ed25519Public(unb64(public_key)), split(signature).bytes));
  assert.equal(await verify(name, { input: b64(MESSAGE), context, signature }), true);
  assert.equal(await verify(name, { input: b64(MESSAGE), context: b64('d'), signature }), false);
  const shown = (await backend.get(`transit/keys/${name}?context=${encodeURIComponent(context)}`)).data.keys[1].public_key;
  assert.equal(shown, public_key);
  const error = await refused(backend.write(`transit/sign/${name}`, { input: '' }), 400);
  assert.match(error.message, /context/);
});

for (const type of CURVES) {
  check(`sign: ${type} with every digest, asn1 and jws`, async () => {
    const name = await keyOf(type, { exportable: true });
    const key = await publicKey(name);
    for (const algorithm of Object.keys(DIGESTS)) {
      for (const [form, dsaEncoding] of [['asn1', 'der'], ['jws', 'ieee-p1363']]) {
        const options = { hash_algorithm: algorithm, marshaling_algorithm: form };
        const { signature } = await sign(name, { input: b64(MESSAGE), ...options });
        const bytes = form === 'jws' ? url64(signature) : split(signature).bytes;
        assert.ok(crypto.verify(DIGESTS[algorithm], MESSAGE, { key, dsaEncoding }, bytes), `${algorithm} ${form}`);
        await judged(name, MESSAGE, signature, options);
      }
    }
    const pem = (await officer.read(`transit/export/signing-key/${name}/latest`)).data.keys[1];
    const own = `vault:v1:${b64(crypto.sign('sha384', MESSAGE, pem))}`;
    assert.equal(await verify(name, { input: b64(MESSAGE), signature: own, hash_algorithm: 'sha2-384' }), true);
  });
}

for (const type of RSAS) {
  check(`sign: ${type} by pss and pkcs1v15`, async () => {
    const name = await keyOf(type, { exportable: true });
    const key = await publicKey(name);
    const algorithms = type === 'rsa-2048' ? Object.keys(DIGESTS) : ['sha2-256', 'sha2-512'];
    for (const algorithm of algorithms) {
      const size = digestOf(algorithm, '').length;
      const salts = [['auto', 0], ['hash', size], [20, 20], ['0', 0]];
      for (const [salt_length, saltLength] of salts) {
        const options = { hash_algorithm: algorithm, signature_algorithm: 'pss', salt_length };
        const { signature } = await sign(name, { input: b64(MESSAGE), ...options });
        const exact = salt_length === 'auto' ? crypto.constants.RSA_PSS_SALTLEN_AUTO : saltLength;
        assert.ok(crypto.verify(DIGESTS[algorithm], MESSAGE, { key, padding: RSA_PKCS1_PSS_PADDING, saltLength: exact }, split(signature).bytes),
          `${algorithm} ${salt_length}`);
        await judged(name, MESSAGE, signature, options);
      }
      const options = { signature_algorithm: 'pkcs1v15' };
      const { signature } = await sign(name, { input: b64(MESSAGE), ...options }, `transit/sign/${name}/${algorithm}`);
      assert.ok(crypto.verify(DIGESTS[algorithm], MESSAGE, { key, padding: RSA_PKCS1_PADDING }, split(signature).bytes));
      assert.equal(await verify(name, { input: b64(MESSAGE), signature, ...options }, `transit/verify/${name}/${algorithm}`), true);
      assert.equal(await verify(name, { input: b64(MESSAGE), signature, signature_algorithm: 'pss' }, `transit/verify/${name}/${algorithm}`), false);
    }
    const pem = (await officer.read(`transit/export/signing-key/${name}`)).data.keys[1];
    const own = crypto.sign('sha256', MESSAGE, { key: pem, padding: RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    assert.equal(await verify(name, { input: b64(MESSAGE), signature: `vault:v1:${b64(own)}` }), true);
  });
}

for (const type of ['ecdsa-p256', 'ecdsa-p521', 'rsa-2048']) {
  check(`sign: ${type} of what is hashed already`, async () => {
    const name = await keyOf(type, { exportable: true });
    const key = await publicKey(name);
    for (const algorithm of Object.keys(DIGESTS)) {
      const options = { hash_algorithm: algorithm, prehashed: true, signature_algorithm: 'pkcs1v15' };
      const { signature } = await sign(name, { input: b64(digestOf(algorithm, MESSAGE)), ...options });
      assert.ok(crypto.verify(DIGESTS[algorithm], MESSAGE, key, split(signature).bytes), algorithm);
      await judged(name, digestOf(algorithm, MESSAGE), signature, options);
    }
    if (type === 'rsa-2048') await refused(backend.write(`transit/sign/${name}`, { input: b64('short'), prehashed: true }), 400);
  });
}

check('sign: every option beside an algorithm in the path', async () => {
  const [rsa, ed, ec] = [await keyOf('rsa-2048', { exportable: true }), await keyOf('ed25519', { derived: true }), await keyOf('ecdsa-p256', { exportable: true })];
  const path = (word, name) => `transit/${word}/${name}/sha2-384`;
  const digest = b64(digestOf('sha2-384', MESSAGE));
  const options = { signature_algorithm: 'pss', salt_length: 'hash', prehashed: true };
  const { signature } = await sign(rsa, { input: digest, key_version: 1, ...options }, path('sign', rsa));
  const pss = { key: await publicKey(rsa), padding: RSA_PKCS1_PSS_PADDING, saltLength: 48 };
  assert.ok(crypto.verify('sha384', MESSAGE, pss, split(signature).bytes));
  assert.equal(await verify(rsa, { input: digest, signature, ...options }, path('verify', rsa)), true);
  const context = b64('c');
  const derived = await sign(ed, { input: b64(MESSAGE), context }, path('sign', ed));
  assert.equal(await verify(ed, { input: b64(MESSAGE), context, signature: derived.signature }, path('verify', ed)), true);
  const jws = await sign(ec, { batch_input: [{ input: b64(MESSAGE) }], marshaling_algorithm: 'jws' }, path('sign', ec));
  const [item] = jws.batch_results;
  assert.ok(crypto.verify('sha384', MESSAGE, { key: await publicKey(ec), dsaEncoding: 'ieee-p1363' }, url64(item.signature)));
  const asked = { batch_input: [{ input: b64(MESSAGE), signature: item.signature }], marshaling_algorithm: 'jws' };
  assert.deepEqual((await backend.write(path('verify', ec), asked)).data.batch_results, [{ valid: true }]);
  const old = await sign(ec, { input: b64(MESSAGE), algorithm: 'sha2-384' });
  assert.ok(crypto.verify('sha384', MESSAGE, await publicKey(ec), split(old.signature).bytes));
});

check('sign: versions', async () => {
  const name = fresh('sign');
  await officer.transitCreateKey({ name, type: 'ed25519' });
  await officer.write(`transit/keys/${name}/rotate`);
  const old = await sign(name, { input: b64(MESSAGE), key_version: 1 });
  assert.equal(old.key_version, 1);
  assert.ok(crypto.verify(null, MESSAGE, await publicKey(name, 1), split(old.signature).bytes));
  assert.equal((await sign(name, { input: b64(MESSAGE) })).key_version, 2);
  await refused(backend.write(`transit/sign/${name}`, { input: '', key_version: 3 }), 400, 'requested version for signing is higher than the latest key version');
  await refused(backend.write(`transit/verify/${name}`, { input: '', signature: old.signature.replace(':v1:', ':v3:') }), 400, 'invalid signature: version is too new');
  await officer.write(`transit/keys/${name}/config`, { min_decryption_version: 2 });
  await refused(backend.write(`transit/verify/${name}`, { input: b64(MESSAGE), signature: old.signature }), 400,
    'ciphertext or signature version is disallowed by policy (too old)');
});

check('sign: refusals', async () => {
  const aes = await keyOf('aes256-gcm96');
  const rsa = await keyOf('rsa-2048', { exportable: true });
  await refused(backend.write(`transit/sign/${aes}`, { input: '' }), 400, 'key type aes256-gcm96 does not support signing');
  await refused(backend.write('transit/sign/none', { input: '' }), 400, 'signing key not found');
  await refused(backend.write('transit/verify/none', { input: '', signature: 'x' }), 400, 'signature verification key not found');
  for (const options of [{ hash_algorithm: 'md5' }, { signature_algorithm: 'x' }, { marshaling_algorithm: 'x' }, { salt_length: 'x' }, { salt_length: -1 }, { input: '*' }]) {
    await refused(backend.write(`transit/sign/${rsa}`, { input: '', ...options }), 400);
  }
  await refused(backend.write(`transit/verify/${rsa}`, { input: '' }), 400, "neither a 'signature' nor an 'hmac' was given to verify");
  await refused(backend.write(`transit/verify/${rsa}`, { input: '', hmac: 'x', signature: 'x' }), 400, "provide one of 'signature' or 'hmac'");
  for (const signature of ['', 'x', 'vault:v1', 'vault:vx:AA==', 'vault:v1:*', 'vault:v99999999999999999999:AA==']) {
    await refused(backend.write(`transit/verify/${rsa}`, { input: '', signature }), 400);
  }
  for (const bytes of [0, 1, 255, 256, 257]) {
    assert.equal(await verify(rsa, { input: '', signature: `vault:v1:${b64(Buffer.alloc(bytes, 0xff))}` }), false);
  }
});

for (const type of TYPES) {
  check(`hmac: of ${type}, as node makes it`, async () => {
    const name = await keyOf(type, type === 'hmac' ? { exportable: true, key_size: 48 } : { exportable: true });
    const key = unb64((await officer.read(`transit/export/hmac-key/${name}`)).data.keys[1]);
    assert.equal(key.length, type === 'hmac' ? 48 : 32);
    for (const [algorithm, theirs] of Object.entries(DIGESTS)) {
      const expected = crypto.createHmac(theirs, key).update(MESSAGE).digest();
      const asked = { input: b64(MESSAGE), key_version: 1 };
      const { hmac } = (await backend.write(`transit/hmac/${name}/${algorithm}`, asked)).data;
      assert.deepEqual(split(hmac).bytes, expected, algorithm);
      assert.equal((await backend.put(`transit/hmac/${name}`, { ...asked, algorithm })).data.hmac, hmac);
      assert.equal(await verify(name, { input: b64(MESSAGE), hmac, algorithm }), true);
      assert.equal(await verify(name, { input: b64(MESSAGE), hmac }, `transit/verify/${name}/${algorithm}`), true);
      assert.equal(await verify(name, { input: b64('other'), hmac, hash_algorithm: algorithm }), false);
    }
    await refused(backend.write(`transit/hmac/${name}/md5`, { input: '' }), 400);
    await refused(backend.write(`transit/hmac/${name}`, {}), 400, 'missing input for HMAC');
    await refused(backend.write(`transit/verify/${name}`, { input: '', hmac: 'x' }), 400, 'invalid HMAC to verify: no prefix');
  });
}

check('hmac: batches by an algorithm in the path, and the other name of it', async () => {
  const name = await keyOf('aes256-gcm96', { exportable: true });
  const { batch_results } = (await backend.write(`transit/hmac/${name}/sha2-512`, { batch_input: [{ input: b64('a') }, { input: b64('b') }] })).data;
  const single = (await backend.write(`transit/hmac/${name}`, { input: b64('b'), hash_algorithm: 'sha2-512' })).data;
  assert.equal(batch_results[1].hmac, single.hmac);
  const asked = { batch_input: [{ input: b64('a'), hmac: batch_results[0].hmac }, { input: b64('a'), hmac: single.hmac }] };
  const checked = (await backend.write(`transit/verify/${name}/sha2-512`, asked)).data.batch_results;
  assert.deepEqual(checked, [{ valid: true }, { valid: false }]);
});

check('hmac: versions', async () => {
  const name = fresh('hmac');
  await officer.transitCreateKey({ name });
  await officer.write(`transit/keys/${name}/rotate`);
  const mac = async (key_version) => (await backend.write(`transit/hmac/${name}`, { input: '', key_version })).data.hmac;
  const [first, second] = [await mac(1), await mac(2)];
  assert.deepEqual([split(first).version, split(second).version], [1, 2]);
  assert.equal(await mac(0), second);
  assert.notDeepEqual(split(first).bytes, split(second).bytes);
  await refused(mac(3), 400, 'no such key version');
  await officer.write(`transit/keys/${name}/config`, { min_encryption_version: 2, min_decryption_version: 2 });
  await refused(mac(1), 400);
  await refused(backend.write(`transit/verify/${name}`, { input: '', hmac: first }), 400, 'cannot verify HMAC: version is too old (disallowed by policy)');
});

check('hash: every algorithm, hex and base64', async () => {
  for (const [algorithm, theirs] of Object.entries(DIGESTS)) {
    const expected = crypto.createHash(theirs).update(MESSAGE);
    const digest = expected.digest();
    const input = b64(MESSAGE);
    assert.deepEqual((await backend.write(`transit/hash/${algorithm}`, { input })).data, { sum: digest.toString('hex') });
    assert.deepEqual((await backend.write(`transit/hash/${algorithm}`, { input, format: 'base64' })).data, { sum: digest.toString('base64') });
    assert.deepEqual((await backend.put('transit/hash', { input, algorithm, format: 'base64' })).data, { sum: digest.toString('base64') });
  }
  assert.equal((await backend.write('transit/hash', { input: '' })).data.sum, crypto.createHash('sha256').digest('hex'));
  await refused(backend.write('transit/hash', { input: '', format: 'x' }), 400);
  await refused(backend.write('transit/hash', { input: '*' }), 400, 'unable to decode input as base64');
  await refused(backend.write('transit/hash/sha1', { input: '' }), 400, 'unsupported algorithm "sha1"');
});

check('random: sizes, sources, formats', async () => {
  const bytes = async (path, body) => (await backend.write(path, body)).data.random_bytes;
  assert.equal(unb64(await bytes('transit/random')).length, 32);
  assert.equal(unb64(await bytes('transit/random', { bytes: 7 })).length, 7);
  assert.equal(unb64(await bytes('transit/random/9')).length, 9);
  for (const source of ['platform', 'seal', 'all']) {
    assert.equal(unb64(await bytes(`transit/random/${source}`, { bytes: 8 })).length, 8);
    assert.equal(unb64(await bytes(`transit/random/${source}/11`)).length, 11);
    assert.match(await bytes(`transit/random/${source}/4`, { format: 'hex' }), /^[0-9a-f]{8}$/);
    assert.match(await bytes('transit/random/4', { source, format: 'hex' }), /^[0-9a-f]{8}$/);
    assert.match(await bytes('transit/random', { source, format: 'hex', bytes: 16 }), /^[0-9a-f]{32}$/);
  }
  assert.equal(unb64(await bytes('transit/random/131072')).length, 131072);
  assert.notEqual(await bytes('transit/random'), await bytes('transit/random'));
  await refused(bytes('transit/random/131073'), 400);
  await refused(bytes('transit/random/0'), 400, '"bytes" cannot be less than 1');
  await refused(bytes('transit/random', { bytes: -1 }), 400, '"bytes" cannot be less than 1');
  await refused(bytes('transit/random/dice'), 400);
  await refused(bytes('transit/random', { format: 'x' }), 400);
});
