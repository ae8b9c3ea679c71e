// The life of a key: create, read, list, config, rotate, trim, delete; who may do what
import assert from 'node:assert/strict';
import { check, client } from './harness.mjs';
import { AEADS, CURVES, RSAS, SIGNERS, TYPES, b64, backend, fresh, officer, refused } from './tools.mjs';

const info = async (name) => (await backend.transitReadKey({ name })).data;
const config = async (name, body) => (await officer.write(`transit/keys/${name}/config`, body)).data;

for (const type of TYPES) {
  check(`keys: create and read ${type}`, async () => {
    const name = fresh('Key.with-signs_');
    const before = Math.floor(Date.now() / 1000) - 1;
    const options = type === 'hmac' ? { key_size: 512 } : {};
    const made = await officer.transitCreateKey({ name, type, ...options });
    assert.equal(made.warnings, null);
    const data = await info(name);
    assert.deepEqual(made.data, data);
    const expected = { name, type, derived: false, deletion_allowed: false, min_available_version: 0, min_decryption_version: 1,
      min_encryption_version: 0, latest_version: 1, exportable: false, allow_plaintext_backup: false, auto_rotate_period: 0,
      imported_key: false, soft_deleted: false, supports_encryption: [...AEADS, ...RSAS].includes(type),
      supports_decryption: [...AEADS, ...RSAS].includes(type), supports_signing: SIGNERS.includes(type),
      supports_derivation: [...AEADS, 'ed25519'].includes(type) };
    for (const [member, value] of Object.entries(expected)) assert.deepEqual(data[member], value, member);
    assert.deepEqual(Object.keys(data.keys), ['1']);
    if (!SIGNERS.includes(type)) {
      assert.ok(Number.isInteger(data.keys[1]) && data.keys[1] >= before);
      return;
    }
    const version = data.keys[1];
    assert.equal(version.name, { 'ecdsa-p256': 'P-256', 'ecdsa-p384': 'P-384', 'ecdsa-p521': 'P-521' }[type] ?? type);
    assert.ok(Date.parse(version.creation_time) / 1000 >= before);
    if (type !== 'ed25519') assert.match(version.public_key, /^-----BEGIN PUBLIC KEY-----\n/);
    assert.equal(version.certificate_chain, '');
  });
}

check('keys: creating again changes nothing', async () => {
  const name = fresh('again');
  await officer.transitCreateKey({ name });
  const again = await officer.write(`transit/keys/${name}`, { type: 'rsa-2048', exportable: true });
  assert.equal(again.data.type, 'aes256-gcm96');
  assert.equal(again.data.exportable, false);
  assert.deepEqual(again.warnings, [`key ${name} already existed`]);
});

check('keys: what cannot be made', async () => {
  const no = (options, message) => refused(officer.transitCreateKey({ name: fresh('never'), ...options }), 400, message);
  await no({ type: 'rot13' }, 'unknown key type rot13');
  await no({ convergent_encryption: true }, 'convergent encryption requires derivation to be enabled');
  for (const type of [...CURVES, ...RSAS, 'hmac']) await no({ type, derived: true, key_size: type === 'hmac' ? 32 : undefined });
  await no({ type: 'ed25519', derived: true, convergent_encryption: true });
  for (const key_size of [31, 513, -1, 2 ** 40]) await no({ type: 'hmac', key_size });
  await no({ key_size: 32 });
  await no({ auto_rotate_period: '59m' }, 'auto rotate period must be 0 to disable or at least an hour');
  await no({ auto_rotate_period: 'soon' });
  await no({ derived: 'perhaps' });
  for (const name of ['-x', 'x-', 'a%20b', 'ü', 'x'.repeat(300)]) {
    const error = await officer.transitCreateKey({ name: encodeURI(name) }).then(() => assert.fail(name), (thrown) => thrown);
    assert.ok([400, 404].includes(error.response?.statusCode), `${name}: ${error.message}`);
  }
});

check('keys: lists, by both methods', async () => {
  const names = ['list-a', 'list-b', 'list-c'];
  for (const name of names) await officer.transitCreateKey({ name });
  const all = (await backend.transitListKeys()).data.keys;
  assert.deepEqual(all, [...all].sort());
  assert.ok(names.every((name) => all.includes(name)));
  const plain = client('registry-backend', { vault: { noCustomHTTPVerbs: true } });
  assert.deepEqual((await plain.list('transit/keys')).data.keys, all);
  assert.deepEqual((await backend.get('transit/keys?list=true')).data.keys, all);
  assert.deepEqual((await backend.get('transit/keys?list=true&after=list-a&limit=1')).data.keys, ['list-b']);
  await refused(backend.get('transit/keys?list=true&after=zzz'), 404, null);
});

check('keys: what is not there', async () => {
  await refused(backend.transitReadKey({ name: 'none' }), 404, null);
  await refused(officer.write('transit/keys/none/rotate'), 400);
  await refused(officer.write('transit/keys/none/config', { deletion_allowed: true }), 400);
  await refused(officer.transitDeleteKey({ name: 'none' }), 400, 'error deleting policy none: could not delete key; not found');
  for (const path of ['encrypt', 'decrypt', 'rewrap']) await refused(backend.write(`transit/${path}/none`, { ciphertext: 'vault:v1:AA==' }), 400);
  await refused(backend.decryptData({ name: 'none', ciphertext: 'vault:v1:AA==' }), 400, 'encryption key not found');
});

check('keys: config', async () => {
  const name = fresh('config');
  await officer.transitCreateKey({ name });
  for (let i = 0; i < 3; ++i) await officer.write(`transit/keys/${name}/rotate`);
  const changed = await config(name, { min_decryption_version: 2, min_encryption_version: '3', deletion_allowed: true, auto_rotate_period: '30d' });
  assert.deepEqual([changed.min_decryption_version, changed.min_encryption_version, changed.deletion_allowed, changed.auto_rotate_period], [2, 3, true, 2592000]);
  assert.deepEqual(await info(name), changed);
  assert.equal((await config(name, { auto_rotate_period: 3600 })).auto_rotate_period, 3600);
  assert.equal((await config(name, { auto_rotate_period: '0' })).auto_rotate_period, 0);
  for (const body of [{ min_decryption_version: 5 }, { min_encryption_version: 5 }, { min_decryption_version: -1 }, { min_encryption_version: -1 },
    { min_decryption_version: 4 }, { auto_rotate_period: '10m' }, { deletion_allowed: 'x' }, { min_decryption_version: 'x' }, { min_decryption_version: [2] }]) {
    await refused(officer.write(`transit/keys/${name}/config`, body), 400);
  }
  assert.equal((await config(name, { min_decryption_version: 1, deletion_allowed: false })).min_decryption_version, 1);
  await refused(officer.transitDeleteKey({ name }), 400, `error deleting policy ${name}: deletion is not allowed for this key`);
});

check('keys: exportable and plaintext backup are for good', async () => {
  const name = fresh('oneway');
  await officer.transitCreateKey({ name });
  const on = await config(name, { exportable: true, allow_plaintext_backup: true });
  assert.deepEqual([on.exportable, on.allow_plaintext_backup], [true, true]);
  const off = await config(name, { exportable: false, allow_plaintext_backup: false });
  assert.deepEqual([off.exportable, off.allow_plaintext_backup], [true, true]);
});

check('keys: auto_rotate_period when they are made', async () => {
  for (const [period, seconds] of [['1h', 3600], [7200, 7200], ['7200', 7200], ['90m', 5400], [0, 0]]) {
    const name = fresh('auto');
    assert.equal((await officer.transitCreateKey({ name, auto_rotate_period: period })).data.auto_rotate_period, seconds);
  }
});

check('keys: rotate and trim, tried first', async () => {
  const name = fresh('trim');
  await officer.transitCreateKey({ name });
  const first = (await backend.encryptData({ name, plaintext: b64('x') })).data.ciphertext;
  assert.equal((await officer.write(`transit/keys/${name}/rotate`, { dry_run: true })).data.dry_run, true);
  assert.equal((await officer.write(`transit/keys/${name}/rotate`)).data.latest_version, 2);
  const trim = (body) => officer.write(`transit/keys/${name}/trim`, body);
  await refused(trim({}), 400, 'missing min_available_version');
  await refused(trim({ min_available_version: 2 }), 400);
  await config(name, { min_decryption_version: 2, min_encryption_version: 2 });
  const preview = (await trim({ min_available_version: 2, dry_run: true })).data;
  assert.equal(preview.breakage.length, 1);
  assert.equal((await info(name)).min_available_version, 0);
  const trimmed = (await trim({ min_available_version: 2 })).data;
  assert.equal(trimmed.min_available_version, 2);
  assert.deepEqual(Object.keys(trimmed.keys), ['2']);
  await refused(trim({ min_available_version: 1 }), 400, 'minimum available version cannot be decremented');
  await refused(trim({ min_available_version: 3 }), 400);
  await refused(officer.write(`transit/keys/${name}/config`, { min_decryption_version: 1 }), 400);
  await refused(backend.decryptData({ name, ciphertext: first }), 400);
});

check('keys: delete', async () => {
  const name = fresh('delete');
  await officer.transitCreateKey({ name });
  await config(name, { deletion_allowed: true });
  assert.equal(await officer.transitDeleteKey({ name }), '');
  await refused(backend.transitReadKey({ name }), 404, null);
  // The name is free again, for another key.
  assert.equal((await officer.transitCreateKey({ name, type: 'ed25519' })).data.latest_version, 1);
});

check('keys: soft deletion and its undoing', async () => {
  const name = fresh('soft');
  await officer.transitCreateKey({ name, exportable: true, allow_plaintext_backup: true });
  const { ciphertext } = (await backend.encryptData({ name, plaintext: b64('x') })).data;
  await officer.delete(`transit/keys/${name}/soft-delete`);
  assert.equal((await info(name)).soft_deleted, true);
  assert.ok((await backend.transitListKeys()).data.keys.includes(name));
  const asleep = [() => backend.encryptData({ name, plaintext: '' }), () => backend.decryptData({ name, ciphertext }), () => backend.rewrapData({ name, ciphertext }),
    () => backend.write(`transit/hmac/${name}`, { input: '' }), () => backend.write(`transit/datakey/plaintext/${name}`), () => officer.write(`transit/keys/${name}/rotate`),
    () => officer.read(`transit/export/encryption-key/${name}`), () => officer.read(`transit/byok-export/${name}/${name}`)];
  for (const call of asleep) await refused(call(), 400, 'the key is soft-deleted');
  await officer.write(`transit/keys/${name}/soft-delete-restore`);
  assert.equal((await backend.decryptData({ name, ciphertext })).data.plaintext, b64('x'));
});

check('keys: a key that demands a purpose and a case', async () => {
  const name = fresh('purpose');
  await officer.transitCreateKey({ name });
  await config(name, { purpose_required: true, case_required: true });
  const { ciphertext } = (await backend.encryptData({ name, plaintext: b64('x') })).data;
  await refused(backend.decryptData({ name, ciphertext }), 400);
  const stated = client('registry-backend', { headers: { 'Sluis-Purpose': 'register-maintenance', 'Sluis-Case': 'C-1' } });
  assert.equal((await stated.decryptData({ name, ciphertext })).data.plaintext, b64('x'));
  const half = client('registry-backend', { headers: { 'Sluis-Purpose': 'register-maintenance' } });
  await refused(half.decryptData({ name, ciphertext }), 400);
});

check('keys: the settings of the mount', async () => {
  assert.deepEqual((await officer.read('transit/cache-config')).data, { size: 0 });
  assert.equal((await officer.write('transit/cache-config', { size: 500 })).data.size, 500);
  assert.deepEqual((await officer.read('transit/cache-config')).data, { size: 500 });
  await refused(officer.write('transit/cache-config', { size: 9 }), 400, 'size must be 0 or a value greater or equal to 10');
  await officer.put('transit/cache-config', { size: 0 });
});

check('keys: unknown parameters are told, not refused', async () => {
  const name = fresh('unknown');
  const { warnings } = await officer.transitCreateKey({ name, zebra: 1, ape: { b: 2 } });
  assert.deepEqual(warnings, ['Endpoint ignored these unrecognized parameters: [ape zebra]']);
});

check('keys: who may do what', async () => {
  const name = fresh('grants');
  await officer.transitCreateKey({ name, exportable: true });
  const auditor = client('auditor-1');
  const denied = [officer.encryptData({ name, plaintext: '' }), officer.decryptData({ name, ciphertext: 'x' }), officer.write(`transit/sign/${name}`, { input: '' }),
    officer.write(`transit/datakey/plaintext/${name}`), backend.transitDeleteKey({ name }), backend.write(`transit/keys/${name}/config`, { deletion_allowed: true }),
    backend.write(`transit/keys/${name}/rotate`), backend.read(`transit/export/encryption-key/${name}`), backend.write('transit/restore', { backup: 'x' }),
    backend.write('transit/config/keys', {}), auditor.encryptData({ name, plaintext: '' }), auditor.transitDeleteKey({ name })];
  for (const call of denied) await refused(call, 403, 'permission denied');
});

check('keys: methods and paths that there are not', async () => {
  await refused(officer.update('transit/keys/x', {}), 405);
  await refused(officer.read('transit/encrypt/x'), 405);
  await refused(officer.write('transit/no/such/path', {}), 404);
  await refused(officer.write('transit/datakey/other/x', {}), 404);
});
