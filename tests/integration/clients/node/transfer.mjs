// Keys that come and go: import, export, byok-export, backup, restore, certificates
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { check } from './harness.mjs';
import { AEADS, RSAS, SIGNERS, TYPES, b64, backend, ed25519Public, fresh, keyOf, material, officer, open, publicKey, refused, seal, split, unb64, unwrap, wrap } from './tools.mjs';

let wrappingKey;
async function wrapped(bytes, hash) {
  wrappingKey ??= (await officer.read('transit/wrapping_key')).data.public_key;
  return wrap(wrappingKey, bytes, hash);
}
const importKey = async (name, type, bytes, options = {}) =>
  officer.write(`transit/keys/${name}/import`, { type, ciphertext: await wrapped(bytes), ...options });

for (const type of TYPES) {
  check(`transfer: import ${type} and get the same back`, async () => {
    const name = fresh('import');
    const bytes = material(type);
    assert.equal(await importKey(name, type, bytes, { exportable: true }), '');
    const info = (await backend.transitReadKey({ name })).data;
    assert.deepEqual([info.imported_key, info.latest_version, info.type], [true, 1, type]);
    const kind = AEADS.includes(type) ? 'encryption-key' : type === 'hmac' ? 'hmac-key' : 'signing-key';
    const text = (await officer.read(`transit/export/${kind}/${name}`)).data.keys[1];
    if (!SIGNERS.includes(type)) return assert.deepEqual(unb64(text), bytes);
    const own = crypto.createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
    if (type === 'ed25519') return assert.deepEqual(unb64(text).subarray(0, 32), bytes.subarray(-32));
    return assert.ok(crypto.createPrivateKey(text).equals(own));
  });

  check(`transfer: export ${type} in every format`, async () => {
    const name = await keyOf(type, type === 'hmac' ? { exportable: true, key_size: 48 } : { exportable: true });
    const kind = AEADS.includes(type) ? 'encryption-key' : type === 'hmac' ? 'hmac-key' : 'signing-key';
    const get = async (format, kind_ = kind) => (await officer.get(`transit/export/${kind_}/${name}/latest?format=${format}`)).data.keys[1];
    if (!SIGNERS.includes(type)) {
      assert.equal(await get('raw'), await get(''));
      for (const format of ['der', 'pem', 'x']) await refused(get(format), 400);
      return refused(get('', 'public-key'), 400);
    }
    const pem = crypto.createPrivateKey(await get('pem'));
    assert.ok(crypto.createPrivateKey({ key: unb64(await get('der')), format: 'der', type: 'pkcs8' }).equals(pem));
    const shown = await publicKey(name);
    assert.ok(crypto.createPublicKey(pem).equals(shown));
    assert.ok(crypto.createPublicKey({ key: unb64(await get('der', 'public-key')), format: 'der', type: 'spki' }).equals(shown));
    assert.ok(crypto.createPublicKey(await get('pem', 'public-key')).equals(shown));
    if (type === 'ed25519') assert.ok(ed25519Public(unb64(await get('raw', 'public-key'))).equals(shown));
    return undefined;
  });
}

check('transfer: import with every hash of OAEP', async () => {
  for (const hash of ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512']) {
    const [name, bytes] = [fresh('import'), material('aes256-gcm96')];
    await officer.write(`transit/keys/${name}/import`, { ciphertext: await wrapped(bytes, hash.toLowerCase()), hash_function: hash });
    const ciphertext = `vault:v1:${b64(seal('aes256-gcm96', bytes, Buffer.from('x')))}`;
    assert.equal((await backend.decryptData({ name, ciphertext })).data.plaintext, b64('x'));
  }
  const wrong = { ciphertext: await wrapped(material('aes256-gcm96'), 'sha1'), hash_function: 'SHA512' };
  await refused(officer.write(`transit/keys/${fresh('import')}/import`, wrong), 400, 'the imported key could not be unwrapped');
});

check('transfer: versions made elsewhere, and their ciphertexts', async () => {
  const name = fresh('import');
  const keys = [1, 2, 3].map(() => material('aes256-gcm96'));
  const old = keys.map((key, i) => `vault:v${i + 1}:${b64(seal('aes256-gcm96', key, Buffer.from(`text ${i + 1}`), { aad: Buffer.from('row') }))}`);
  await importKey(name, 'aes256-gcm96', keys[0], { allow_rotation: true });
  for (const key of keys.slice(1)) await officer.write(`transit/keys/${name}/import_version`, { ciphertext: await wrapped(key, 'sha384'), hash_function: 'SHA384' });
  for (const [i, ciphertext] of old.entries()) {
    assert.equal((await backend.decryptData({ name, ciphertext, associated_data: b64('row') })).data.plaintext, b64(`text ${i + 1}`));
  }
  const sealed = (await backend.encryptData({ name, plaintext: b64('new') })).data;
  assert.equal(sealed.key_version, 3);
  assert.equal(open('aes256-gcm96', keys[2], split(sealed.ciphertext).bytes).toString(), 'new');
  assert.equal((await officer.write(`transit/keys/${name}/rotate`)).data.latest_version, 4);
});

check('transfer: options of an imported key', async () => {
  const name = fresh('import');
  await importKey(name, 'chacha20-poly1305', material('chacha20-poly1305'), { derived: true, exportable: true, allow_plaintext_backup: true, allow_rotation: true, auto_rotate_period: '24h' });
  const info = (await backend.transitReadKey({ name })).data;
  assert.deepEqual([info.derived, info.exportable, info.allow_plaintext_backup, info.auto_rotate_period, info.imported_key_allow_rotation], [true, true, true, 86400, true]);
  const fixed = fresh('import');
  await importKey(fixed, 'aes256-gcm96', material('aes256-gcm96'));
  await refused(officer.write(`transit/keys/${fixed}/rotate`), 400);
  await refused(importKey(fresh('import'), 'aes256-gcm96', material('aes256-gcm96'), { auto_rotate_period: '24h' }), 400);
});

check('transfer: what cannot be imported', async () => {
  const no = async (body, message) => refused(officer.write(`transit/keys/${fresh('import')}/import`, body), 400, message);
  const ciphertext = await wrapped(material('aes256-gcm96'));
  await no({ type: 'rot13', ciphertext }, 'unknown key type: rot13');
  await no({});
  await no({ ciphertext: '*' });
  await no({ ciphertext: b64(Buffer.alloc(512)) });
  await no({ ciphertext: b64(Buffer.alloc(600)) }, 'the imported key could not be unwrapped');
  await no({ ciphertext, hash_function: 'MD5' });
  await no({ ciphertext, type: 'aes128-gcm96' }, 'the imported key has the wrong size for its type');
  await no({ ciphertext, type: 'rsa-2048' });
  await no({ ciphertext: await wrapped(material('ecdsa-p256')), type: 'ecdsa-p384' });
  await no({ ciphertext: await wrapped(material('ecdsa-p256')), type: 'ed25519' });
  await no({ ciphertext: await wrapped(crypto.randomBytes(31)), type: 'hmac' });
  const name = await keyOf('aes256-gcm96');
  await refused(importKey(name, 'aes256-gcm96', material('aes256-gcm96')), 400);
  await refused(officer.write(`transit/keys/${name}/import_version`, { ciphertext }), 400);
  await refused(officer.write('transit/keys/none/import_version', { ciphertext }), 400);
});

check('transfer: formats and hashes where all versions are asked for', async () => {
  const ec = await keyOf('ecdsa-p256', { exportable: true });
  const pem = (await officer.get(`transit/export/signing-key/${ec}?format=pem`)).data.keys[1];
  assert.ok(crypto.createPublicKey(pem).equals(crypto.createPublicKey((await officer.get(`transit/export/public-key/${ec}?format=pem`)).data.keys[1])));
  const target = await keyOf('rsa-3072', { exportable: true });
  const blob = (await officer.get(`transit/byok-export/${target}/${ec}?hash=SHA384`)).data.keys[1];
  const own = (await officer.read(`transit/export/encryption-key/${target}`)).data.keys[1];
  assert.ok(crypto.createPrivateKey({ key: unwrap(own, blob, 'sha384'), format: 'der', type: 'pkcs8' }).equals(crypto.createPrivateKey(pem)));
});

check('transfer: a public key beside the private one, and alone', async () => {
  const name = fresh('import');
  const bytes = material('ed25519');
  await importKey(name, 'ed25519', bytes, { public_key: 'is in the other' });
  await officer.write(`transit/keys/${name}/import_version`, { ciphertext: await wrapped(bytes), public_key: 'is in the other' });
  const { keys } = (await backend.transitReadKey({ name })).data;
  assert.equal(keys[1].public_key, keys[2].public_key);
  await refused(officer.write(`transit/keys/${fresh('import')}/import`, { type: 'ed25519', public_key: 'x' }), 400, 'the imported key is not a public key in PEM');
  const [alone, source] = [fresh('public'), fresh('import')];
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
  await officer.write(`transit/keys/${alone}/import`, { type: 'rsa-2048', public_key: pem });
  await officer.transitCreateKey({ name: source, exportable: true });
  const { keys: exported } = (await officer.read(`transit/byok-export/${alone}/${source}/1`)).data;
  assert.equal(unwrap(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), exported[1]).length, 32);
  const { ciphertext } = (await backend.encryptData({ name: alone, plaintext: b64('x') })).data;
  await refused(backend.decryptData({ name: alone, ciphertext }), 400, 'requested version for decryption does not contain a private part');
});

check('transfer: the private half of a version that has the public one', async () => {
  const name = fresh('public');
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  await officer.write(`transit/keys/${name}/import`, { type: 'rsa-2048', public_key: pair.publicKey.export({ type: 'spki', format: 'pem' }) });
  const { ciphertext } = (await backend.encryptData({ name, plaintext: b64('x') })).data;
  const whole = { ciphertext: await wrapped(pair.privateKey.export({ type: 'pkcs8', format: 'der' })), version: 1 };
  await officer.write(`transit/keys/${name}/import_version`, whole);
  assert.equal((await backend.decryptData({ name, ciphertext })).data.plaintext, b64('x'));
  await refused(officer.write(`transit/keys/${name}/import_version`, whole), 400, 'private key imported, key version cannot be updated');
});

check('transfer: exports by version', async () => {
  const name = fresh('export');
  await officer.transitCreateKey({ name, exportable: true });
  await officer.write(`transit/keys/${name}/rotate`);
  const get = async (which) => (await officer.read(`transit/export/encryption-key/${name}${which}`)).data;
  assert.deepEqual(Object.keys((await get('')).keys), ['1', '2']);
  assert.deepEqual(Object.keys((await get('/1')).keys), ['1']);
  assert.deepEqual((await get('/latest')).keys, (await get('/2')).keys);
  assert.deepEqual([(await get('')).name, (await get('')).type], [name, 'aes256-gcm96']);
  for (const which of ['/3', '/0', '/x', '/-1', '/99999999999999999999']) await refused(get(which), 400);
  await officer.write(`transit/keys/${name}/config`, { min_decryption_version: 2 });
  await refused(get('/1'), 400);
  assert.deepEqual(Object.keys((await get('')).keys), ['2']);
});

check('transfer: what is not exported', async () => {
  const closed = await keyOf('aes256-gcm96');
  for (const kind of ['encryption-key', 'hmac-key']) await refused(officer.read(`transit/export/${kind}/${closed}`), 400, 'private key material is not exportable');
  await refused(officer.read('transit/export/encryption-key/none'), 404, null);
  await refused(officer.read(`transit/export/other/${closed}`), 400, 'invalid export type: other');
  await refused(officer.read(`transit/export/signing-key/${await keyOf('aes256-gcm96', { exportable: true })}`), 400);
  await refused(officer.read(`transit/export/encryption-key/${await keyOf('ed25519', { exportable: true })}`), 400);
});

for (const type of ['aes256-gcm96', 'ed25519', 'ecdsa-p384', 'rsa-2048', 'hmac']) {
  check(`transfer: byok-export of ${type}`, async () => {
    const target = await keyOf('rsa-3072', { exportable: true });
    const name = await keyOf(type, type === 'hmac' ? { exportable: true, key_size: 48 } : { exportable: true });
    const pem = (await officer.read(`transit/export/encryption-key/${target}`)).data.keys[1];
    for (const [hash, theirs] of [['', 'sha256'], ['SHA512', 'sha512'], ['SHA1', 'sha1']]) {
      const query = hash ? `?hash=${hash}` : '';
      const { data } = await officer.get(`transit/byok-export/${target}/${name}/1${query}`);
      assert.deepEqual([data.name, data.type, Object.keys(data.keys)], [name, type, ['1']]);
      const bytes = unwrap(pem, data.keys[1], theirs);
      const kind = type === 'hmac' ? 'hmac-key' : type === 'aes256-gcm96' ? 'encryption-key' : 'signing-key';
      const format = SIGNERS.includes(type) ? '?format=der' : '';
      assert.equal(b64(bytes), (await officer.get(`transit/export/${kind}/${name}/1${format}`)).data.keys[1]);
      // What was given away can be taken in again.
      await importKey(fresh('byok'), type, bytes);
    }
    assert.deepEqual(Object.keys((await officer.read(`transit/byok-export/${target}/${name}`)).data.keys), ['1']);
  });
}

check('transfer: byok-export refused', async () => {
  const [rsa, aes, closed] = [await keyOf('rsa-3072', { exportable: true }), await keyOf('aes256-gcm96', { exportable: true }), await keyOf('aes256-gcm96')];
  await refused(officer.read(`transit/byok-export/${rsa}/${closed}`), 400, 'private key material is not exportable');
  await refused(officer.read(`transit/byok-export/${aes}/${aes}`), 400);
  await refused(officer.read(`transit/byok-export/none/${aes}`), 400, 'destination key not found');
  await refused(officer.read(`transit/byok-export/${rsa}/none`), 400, 'source key not found');
  await refused(officer.get(`transit/byok-export/${rsa}/${aes}?hash=MD5`), 400);
});

for (const type of TYPES) {
  check(`transfer: backup and restore of ${type}`, async () => {
    const name = fresh('backup');
    const size = type === 'hmac' ? { key_size: 64 } : {};
    await officer.transitCreateKey({ name, type, exportable: true, allow_plaintext_backup: true, ...size });
    if (!RSAS.includes(type)) await officer.write(`transit/keys/${name}/rotate`);
    const { backup } = (await officer.read(`transit/backup/${name}`)).data;
    const copy = fresh('restored');
    assert.equal(await officer.write(`transit/restore/${copy}`, { backup }), '');
    const [before, after] = [(await backend.transitReadKey({ name })).data, (await backend.transitReadKey({ name: copy })).data];
    assert.equal(after.latest_version, before.latest_version);
    assert.equal(after.restore_info.version, after.latest_version);
    assert.equal(before.backup_info.version, before.latest_version);
    const { hmac } = (await backend.write(`transit/hmac/${name}`, { input: b64('x') })).data;
    assert.equal((await backend.write(`transit/verify/${copy}`, { input: b64('x'), hmac })).data.valid, true);
    if (before.supports_encryption) {
      const { ciphertext } = (await backend.encryptData({ name, plaintext: b64('x') })).data;
      assert.equal((await backend.decryptData({ name: copy, ciphertext })).data.plaintext, b64('x'));
    }
    if (before.supports_signing) {
      const { signature } = (await backend.write(`transit/sign/${name}`, { input: b64('x') })).data;
      assert.equal((await backend.write(`transit/verify/${copy}`, { input: b64('x'), signature })).data.valid, true);
    }
  });
}

check('transfer: restore over a key, and refusals', async () => {
  const name = fresh('backup');
  await officer.transitCreateKey({ name, exportable: true, allow_plaintext_backup: true });
  const { backup } = (await officer.read(`transit/backup/${name}`)).data;
  const { ciphertext } = (await backend.encryptData({ name, plaintext: b64('x') })).data;
  await refused(officer.write('transit/restore', { backup }), 400);
  await officer.write('transit/restore', { backup, force: true });
  await refused(officer.write(`transit/restore/${name}`, { backup }), 400);
  await officer.write(`transit/restore/${name}`, { backup, force: true });
  assert.equal((await backend.decryptData({ name, ciphertext })).data.plaintext, b64('x'));
  await refused(officer.write('transit/restore', {}), 400, "'backup' must be supplied");
  for (const bad of ['x', b64('x'), backup.slice(0, -8), `${backup.slice(0, 40)}AAAA${backup.slice(44)}`]) {
    await refused(officer.write(`transit/restore/${fresh('restored')}`, { backup: bad }), 400);
  }
  const half = fresh('backup');
  await officer.transitCreateKey({ name: half, exportable: true });
  await refused(officer.read(`transit/backup/${half}`), 400);
  await refused(officer.read(`transit/backup/${await keyOf('aes256-gcm96')}`), 400);
  await refused(officer.read('transit/backup/none'), 400, 'encryption key not found');
});

for (const type of ['ed25519', 'ecdsa-p256', 'ecdsa-p384', 'rsa-2048']) {
  check(`transfer: a request and a certificate for ${type}`, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sluis-csr-'));
    const at = (file) => path.join(folder, file);
    const openssl = (...arguments_) => execFileSync('openssl', arguments_, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
    try {
      const name = fresh('certified');
      await officer.transitCreateKey({ name, type });
      openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA');
      openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'any.key', '-out', 'template.pem', '-subj', '/O=Register/CN=seal');
      const template = fs.readFileSync(at('template.pem'), 'utf8');
      const { csr } = (await officer.write(`transit/keys/${name}/csr`, { csr: template, version: 1 })).data;
      fs.writeFileSync(at('request.pem'), csr);
      assert.match(openssl('req', '-in', 'request.pem', '-noout', '-subject', '-verify'), /O = Register, CN = seal/);
      assert.ok(crypto.createPublicKey(openssl('req', '-in', 'request.pem', '-noout', '-pubkey')).equals(await publicKey(name)));
      openssl('x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-out', 'leaf.pem');
      const chain = fs.readFileSync(at('leaf.pem'), 'utf8') + fs.readFileSync(at('ca.pem'), 'utf8');
      await officer.write(`transit/keys/${name}/set-certificate`, { certificate_chain: chain, version: 1 });
      await officer.put(`transit/keys/${name}/set-certificate`, { certificate_chain: chain });
      assert.match((await officer.put(`transit/keys/${name}/csr`, { csr: template })).data.csr, /BEGIN CERTIFICATE REQUEST/);
      const shown = (await backend.transitReadKey({ name })).data.keys[1].certificate_chain;
      assert.equal(shown.trim(), chain.trim());
      assert.equal((await backend.read(`transit/export/certificate-chain/${name}/1`)).data.keys[1], shown);
      assert.equal((await backend.read(`transit/export/certificate-chain/${name}`)).data.keys[1], shown);
      const refuse = (certificate_chain, version = 1) => refused(officer.write(`transit/keys/${name}/set-certificate`, { certificate_chain, version }), 400);
      await refuse(fs.readFileSync(at('ca.pem'), 'utf8'));
      await refuse('x');
      await refuse('');
      await refuse(chain, 2);
      await refuse(chain, -1);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
}

check('transfer: requests that cannot be', async () => {
  const aes = await keyOf('aes256-gcm96');
  const rsa = await keyOf('rsa-2048', { exportable: true });
  await refused(officer.write(`transit/keys/${aes}/csr`, {}), 400);
  await refused(officer.write(`transit/keys/${await keyOf('ed25519', { derived: true })}/csr`, {}), 400);
  await refused(officer.write(`transit/keys/${rsa}/csr`, { csr: 'x' }), 400);
  await refused(officer.write(`transit/keys/${rsa}/csr`, { version: 7 }), 400, 'no such key version');
  await refused(backend.read(`transit/export/certificate-chain/${rsa}`), 400, 'selected key version does not have a certificate chain imported');
});
