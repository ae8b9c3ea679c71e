// encrypt, decrypt, rewrap, datakey
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { check } from './harness.mjs';
import { AEADS, RSAS, b64, backend, derive, fresh, keyOf, keySize, nonceSize, officer, open, refused, seal, split, unb64 } from './tools.mjs';

const AAD = 'row 7';
const CONTEXT = b64('registry/2026');

async function exported(name, version = 1) {
  return unb64((await officer.read(`transit/export/encryption-key/${name}/${version}`)).data.keys[version]);
}

for (const type of AEADS) {
  check(`cipher: ${type} there and back, and by node's own crypto`, async () => {
    const name = await keyOf(type, { exportable: true });
    const { data } = await backend.encryptData({ name, plaintext: b64('Zoë de Vries'), associated_data: b64(AAD) });
    assert.equal(data.key_version, 1);
    const { version, bytes } = split(data.ciphertext);
    assert.equal(version, 1);
    const key = await exported(name);
    assert.equal(key.length, keySize(type));
    assert.equal(open(type, key, bytes, { aad: Buffer.from(AAD) }).toString(), 'Zoë de Vries');
    const opened = await backend.decryptData({ name, ciphertext: data.ciphertext, associated_data: b64(AAD) });
    assert.deepEqual(opened.data, { plaintext: b64('Zoë de Vries') });
    const own = `vault:v1:${b64(seal(type, key, Buffer.from('from elsewhere')))}`;
    assert.equal((await backend.decryptData({ name, ciphertext: own })).data.plaintext, b64('from elsewhere'));
    for (const aad of [undefined, b64('row 8')]) {
      await refused(backend.decryptData({ name, ciphertext: data.ciphertext, associated_data: aad }), 400,
        'cipher: message authentication failed');
    }
  });

  check(`cipher: ${type} derived and convergent`, async () => {
    const name = fresh(type);
    await officer.transitCreateKey({ name, type, derived: true, convergent_encryption: true, exportable: true });
    const info = (await backend.transitReadKey({ name })).data;
    assert.equal(info.kdf, 'hkdf_sha256');
    assert.equal(info.convergent_encryption_version, 3);
    const plaintext = b64('900000011');
    const seal_ = async (context) => (await backend.encryptData({ name, plaintext, context })).data.ciphertext;
    const once = await seal_(CONTEXT);
    assert.equal(await seal_(CONTEXT), once);
    assert.notEqual(await seal_(b64('another')), once);
    const derived = derive(await exported(name), unb64(CONTEXT), keySize(type) + 32);
    const sealed = split(once).bytes;
    assert.equal(open(type, derived.subarray(0, keySize(type)), sealed).toString(), '900000011');
    const nonce = crypto.createHmac('sha256', derived.subarray(keySize(type))).update('900000011').digest();
    assert.deepEqual(sealed.subarray(0, nonceSize(type)), nonce.subarray(0, nonceSize(type)));
    assert.equal((await backend.decryptData({ name, ciphertext: once, context: CONTEXT })).data.plaintext, plaintext);
    await refused(backend.decryptData({ name, ciphertext: once, context: b64('another') }), 400, 'cipher: message authentication failed');
    const error = await refused(backend.encryptData({ name, plaintext }), 400);
    assert.match(error.message, /^missing 'context' for key derivation/);
  });
}

check('cipher: a derived key that is not convergent', async () => {
  const name = fresh('derived');
  await officer.transitCreateKey({ name, derived: true, exportable: true });
  const seal_ = async () => (await backend.encryptData({ name, plaintext: b64('x'), context: CONTEXT })).data.ciphertext;
  const once = await seal_();
  assert.notEqual(await seal_(), once);
  assert.equal(open('aes256-gcm96', derive(await exported(name), unb64(CONTEXT), 32), split(once).bytes).toString(), 'x');
});

for (const type of RSAS) {
  check(`cipher: ${type} there and back, and by node's own crypto`, async () => {
    const name = await keyOf(type, { exportable: true });
    const { data } = await backend.encryptData({ name, plaintext: b64('a key') });
    const padding = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    const pem = (await officer.read(`transit/export/encryption-key/${name}/1`)).data.keys[1];
    assert.equal(crypto.privateDecrypt({ key: pem, ...padding }, split(data.ciphertext).bytes).toString(), 'a key');
    assert.equal((await backend.decryptData({ name, ciphertext: data.ciphertext })).data.plaintext, b64('a key'));
    const publicKey = (await backend.read(`transit/export/public-key/${name}/latest`)).data.keys[1];
    const own = crypto.publicEncrypt({ key: publicKey, ...padding }, Buffer.from('from elsewhere'));
    assert.equal((await backend.decryptData({ name, ciphertext: `vault:v1:${b64(own)}` })).data.plaintext, b64('from elsewhere'));
    const size = Number(type.slice(4)) / 8;
    await refused(backend.encryptData({ name, plaintext: b64(Buffer.alloc(size)) }), 400);
    await refused(backend.encryptData({ name, plaintext: '', associated_data: b64('x') }), 400);
    await refused(backend.decryptData({ name, ciphertext: `vault:v1:${b64(Buffer.alloc(size, 1))}` }), 400);
  });
}

check('cipher: nothing, and a megabyte', async () => {
  const name = await keyOf('aes256-gcm96', { exportable: true });
  for (const plaintext of ['', b64(crypto.randomBytes(1 << 20))]) {
    const { data } = await backend.encryptData({ name, plaintext });
    assert.equal((await backend.put(`transit/decrypt/${name}`, { ciphertext: data.ciphertext })).data.plaintext, plaintext);
  }
});

check('cipher: versions', async () => {
  const name = fresh('versions');
  await officer.transitCreateKey({ name });
  const first = (await backend.encryptData({ name, plaintext: b64('one') })).data.ciphertext;
  await officer.write(`transit/keys/${name}/rotate`);
  await officer.write(`transit/keys/${name}/rotate`, {});
  const at = async (key_version) => (await backend.encryptData({ name, plaintext: b64('x'), key_version })).data;
  assert.equal((await at(0)).key_version, 3);
  assert.equal((await at(2)).key_version, 2);
  assert.equal(split((await at('2')).ciphertext).version, 2);
  await refused(at(4), 400, 'requested version for encryption is higher than the latest key version');
  await refused(at(-1), 400, 'requested version for encryption is negative');
  assert.equal((await backend.decryptData({ name, ciphertext: first })).data.plaintext, b64('one'));
  // Version 0 of old is version 1.
  assert.equal((await backend.decryptData({ name, ciphertext: first.replace(':v1:', ':v0:') })).data.plaintext, b64('one'));
  await refused(backend.decryptData({ name, ciphertext: first.replace(':v1:', ':v2:') }), 400, 'cipher: message authentication failed');
  await officer.write(`transit/keys/${name}/config`, { min_encryption_version: 3, min_decryption_version: 2 });
  await refused(at(2), 400, 'requested version for encryption is less than the minimum encryption key version');
  await refused(backend.decryptData({ name, ciphertext: first }), 400, 'ciphertext or signature version is disallowed by policy (too old)');
});

check('cipher: rewrap', async () => {
  const name = fresh('rewrap');
  await officer.transitCreateKey({ name });
  const old = (await backend.encryptData({ name, plaintext: b64('x'), associated_data: b64(AAD) })).data.ciphertext;
  await officer.write(`transit/keys/${name}/rotate`);
  await refused(backend.rewrapData({ name, ciphertext: old }), 400, 'cipher: message authentication failed');
  const moved = (await backend.rewrapData({ name, ciphertext: old, associated_data: b64(AAD) })).data;
  assert.equal(moved.key_version, 2);
  assert.equal(split(moved.ciphertext).version, 2);
  assert.equal((await backend.decryptData({ name, ciphertext: moved.ciphertext, associated_data: b64(AAD) })).data.plaintext, b64('x'));
  const back = (await backend.put(`transit/rewrap/${name}`, { ciphertext: moved.ciphertext, key_version: 1, associated_data: b64(AAD) })).data;
  assert.equal(split(back.ciphertext).version, 1);
  await refused(backend.rewrapData({ name }), 400, 'missing ciphertext to decrypt');
});

check('cipher: rewrap of derived keys', async () => {
  const name = fresh('rewrap');
  await officer.transitCreateKey({ name, derived: true });
  const old = (await backend.encryptData({ name, plaintext: b64('x'), context: CONTEXT })).data.ciphertext;
  await officer.write(`transit/keys/${name}/rotate`);
  const { data } = await backend.rewrapData({ name, batch_input: [
    { ciphertext: old, context: CONTEXT, reference: 'a' }, { ciphertext: old, context: b64('other') }, { ciphertext: 'x', context: CONTEXT }] });
  assert.equal(data.batch_results[0].reference, 'a');
  assert.equal(split(data.batch_results[0].ciphertext).version, 2);
  assert.deepEqual(data.batch_results.slice(1).map((item) => item.error), ['cipher: message authentication failed', 'invalid ciphertext: no prefix']);
  assert.equal((await backend.decryptData({ name, ciphertext: data.batch_results[0].ciphertext, context: CONTEXT })).data.plaintext, b64('x'));
});

check('cipher: rewrap of a single ciphertext with its context', async () => {
  const name = await keyOf('aes256-gcm96', { derived: true });
  const { ciphertext } = (await backend.encryptData({ name, plaintext: b64('x'), context: CONTEXT })).data;
  const moved = (await backend.rewrapData({ name, ciphertext, context: CONTEXT })).data.ciphertext;
  assert.notEqual(moved, ciphertext);
  assert.equal((await backend.decryptData({ name, ciphertext: moved, context: CONTEXT })).data.plaintext, b64('x'));
  await refused(backend.rewrapData({ name, ciphertext, context: b64('other') }), 400, 'cipher: message authentication failed');
});

check('cipher: rewrap from one key to another', async () => {
  const [from, to] = [fresh('from'), fresh('to')];
  await officer.transitCreateKey({ name: from });
  await officer.transitCreateKey({ name: to, type: 'chacha20-poly1305' });
  const ciphertext = (await backend.encryptData({ name: from, plaintext: b64('x') })).data.ciphertext;
  const moved = (await backend.write(`transit/rewrap/${to}?from=${from}`, { ciphertext })).data;
  assert.equal((await backend.decryptData({ name: to, ciphertext: moved.ciphertext })).data.plaintext, b64('x'));
  await refused(backend.decryptData({ name: from, ciphertext: moved.ciphertext }), 400, 'cipher: message authentication failed');
  await refused(backend.write(`transit/rewrap/${to}?from=none`, { ciphertext }), 400, 'encryption key not found');
});

for (const bits of [128, 256, 512]) {
  check(`cipher: data keys of ${bits} bits`, async () => {
    const name = await keyOf('aes256-gcm96', { exportable: true });
    const { data } = await backend.write(`transit/datakey/plaintext/${name}`, { bits, associated_data: b64(AAD), key_version: 1 });
    assert.equal(unb64(data.plaintext).length, bits / 8);
    assert.equal(data.key_version, 1);
    assert.equal((await backend.decryptData({ name, ciphertext: data.ciphertext, associated_data: b64(AAD) })).data.plaintext, data.plaintext);
    const wrapped = (await backend.put(`transit/datakey/wrapped/${name}`, { bits, associated_data: b64(AAD), key_version: 1 })).data;
    assert.deepEqual(Object.keys(wrapped).sort(), ['ciphertext', 'key_version']);
    const opened = await backend.decryptData({ name, ciphertext: wrapped.ciphertext, associated_data: b64(AAD) });
    assert.equal(unb64(opened.data.plaintext).length, bits / 8);
    assert.notEqual(opened.data.plaintext, data.plaintext);
  });
}

check('cipher: data keys of derived keys, and refusals', async () => {
  const name = await keyOf('aes256-gcm96', { derived: true });
  for (const kind of ['plaintext', 'wrapped']) {
    const { data } = await backend.write(`transit/datakey/${kind}/${name}`, { context: CONTEXT });
    assert.equal(unb64((await backend.decryptData({ name, ciphertext: data.ciphertext, context: CONTEXT })).data.plaintext).length, 32);
    await refused(backend.write(`transit/datakey/${kind}/${name}`, { context: CONTEXT, bits: 257 }), 400, 'invalid bit length');
    await refused(backend.write(`transit/datakey/${kind}/none`), 400, 'encryption key not found');
  }
});

check('cipher: encrypt makes the key it lacks', async () => {
  const plain = fresh('made');
  await backend.encryptData({ name: plain, plaintext: '' });
  assert.equal((await backend.transitReadKey({ name: plain })).data.type, 'aes256-gcm96');
  const special = fresh('made');
  await backend.encryptData({ name: special, plaintext: '', context: CONTEXT, type: 'chacha20-poly1305', convergent_encryption: true });
  const info = (await backend.transitReadKey({ name: special })).data;
  assert.deepEqual([info.type, info.derived, info.convergent_encryption], ['chacha20-poly1305', true, true]);
  await officer.write('transit/config/keys', { disable_upsert: true });
  assert.deepEqual((await officer.read('transit/config/keys')).data, { disable_upsert: true });
  await refused(backend.encryptData({ name: fresh('made'), plaintext: '' }), 400, 'encryption key not found');
  await officer.put('transit/config/keys', { disable_upsert: false });
});
