// What counts for all paths: PUT for POST, headers, the envelope
import assert from 'node:assert/strict';
import { check, client } from './harness.mjs';
import { b64, backend, fresh, material, officer, refused, wrap } from './tools.mjs';

check('http: PUT means what POST means', async () => {
  const [name, signer] = [fresh('put'), fresh('put')];
  await officer.put(`transit/keys/${name}`, { exportable: true, allow_plaintext_backup: true });
  await officer.put(`transit/keys/${signer}`, { type: 'ecdsa-p256' });
  const { ciphertext } = (await backend.put(`transit/encrypt/${name}`, { plaintext: b64('x') })).data;
  assert.equal((await backend.put(`transit/decrypt/${name}`, { ciphertext })).data.plaintext, b64('x'));
  assert.ok((await backend.put(`transit/rewrap/${name}`, { ciphertext })).data.ciphertext);
  assert.ok((await backend.put(`transit/datakey/plaintext/${name}`, {})).data.plaintext);
  assert.ok((await backend.put(`transit/datakey/wrapped/${name}`, {})).data.ciphertext);
  for (const tail of ['', '/sha2-256']) {
    const { hmac } = (await backend.put(`transit/hmac/${name}${tail}`, { input: '' })).data;
    assert.equal((await backend.put(`transit/verify/${name}${tail}`, { input: '', hmac })).data.valid, true);
    const { signature } = (await backend.put(`transit/sign/${signer}${tail}`, { input: '' })).data;
    assert.equal((await backend.put(`transit/verify/${signer}${tail}`, { input: '', signature })).data.valid, true);
    assert.equal((await backend.put(`transit/hash${tail}`, { input: '' })).data.sum.length, 64);
  }
  for (const tail of ['', '/5', '/all/5']) assert.ok((await backend.put(`transit/random${tail}`, {})).data.random_bytes);
  assert.equal((await officer.put(`transit/keys/${name}/rotate`, {})).data.latest_version, 2);
  const limits = { min_decryption_version: 2, min_encryption_version: 2 };
  assert.equal((await officer.put(`transit/keys/${name}/config`, limits)).data.min_encryption_version, 2);
  assert.equal((await officer.put(`transit/keys/${name}/trim`, { min_available_version: 2 })).data.min_available_version, 2);
  assert.equal((await officer.put('transit/config/keys', { disable_upsert: false })).data.disable_upsert, false);
  assert.equal((await officer.put('transit/cache-config', { size: 0 })).data.size, 0);
});

check('http: PUT of what comes and goes', async () => {
  const { public_key } = (await officer.read('transit/wrapping_key')).data;
  const name = fresh('put');
  const options = { exportable: true, allow_plaintext_backup: true };
  await officer.put(`transit/keys/${name}/import`, { ciphertext: wrap(public_key, material('aes256-gcm96')), ...options });
  await officer.put(`transit/keys/${name}/import_version`, { ciphertext: wrap(public_key, material('aes256-gcm96')) });
  const { backup } = (await officer.read(`transit/backup/${name}`)).data;
  await officer.put('transit/restore', { backup, force: true });
  await officer.put(`transit/restore/${fresh('put')}`, { backup });
  await officer.delete(`transit/keys/${name}/soft-delete`);
  await officer.put(`transit/keys/${name}/soft-delete-restore`, {});
  assert.equal((await backend.transitReadKey({ name })).data.latest_version, 2);
});

check('http: the envelope of every answer', async () => {
  const answer = await backend.write('transit/random', { bytes: 1 });
  assert.deepEqual(Object.keys(answer), ['request_id', 'lease_id', 'renewable', 'lease_duration', 'data', 'wrap_info', 'warnings', 'auth']);
  assert.match(answer.request_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.notEqual((await backend.write('transit/random')).request_id, answer.request_id);
  assert.deepEqual([answer.lease_id, answer.renewable, answer.lease_duration, answer.wrap_info, answer.auth], ['', false, 0, null, null]);
});

check('http: headers that clients send', async () => {
  const talkative = client('registry-backend', { headers: { 'X-Vault-Request': 'true', 'User-Agent': 'test' } });
  assert.ok((await talkative.write('transit/random')).data.random_bytes);
});

check('http: bodies of the wrong kind', async () => {
  for (const body of [[], [1], ['plaintext']]) {
    await refused(backend.write('transit/encrypt/x', body), 400);
  }
  for (const plaintext of [1, {}, [], 'A', 'AA', 'A===', 'AA=', ' AA==', 'A A=', 'AA-_', '\u0000']) {
    await refused(backend.write('transit/encrypt/x', { plaintext }), 400);
  }
});
