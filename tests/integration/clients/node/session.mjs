// Login by certificate, tokens, and what clients ask of sys before they begin
import assert from 'node:assert/strict';
import { check, client } from './harness.mjs';
import { backend, fresh, refused } from './tools.mjs';

const random = (vault) => vault.write('transit/random', { bytes: 1 });

async function loggedIn(who = 'registry-backend') {
  const vault = client(who);
  const { auth } = await vault.certLogin();
  return { vault, auth };
}

check('session: login with the certificate', async () => {
  const { vault, auth } = await loggedIn();
  assert.equal(vault.token, auth.client_token);
  assert.deepEqual([auth.renewable, auth.metadata.cert_name], [true, 'registry-backend']);
  assert.ok(auth.lease_duration > 60 && auth.accessor && Array.isArray(auth.policies));
  assert.equal((await random(vault)).data.random_bytes.length, 4);
  const { data } = await vault.tokenLookupSelf();
  assert.deepEqual([data.id, data.accessor], [auth.client_token, auth.accessor]);
  assert.ok(data.ttl > 0);
});

check('session: renew and revoke', async () => {
  const { vault } = await loggedIn();
  const renewed = await vault.tokenRenewSelf({ increment: '5m' });
  assert.ok(renewed.auth.lease_duration <= 300);
  await vault.tokenRevokeSelf();
  await refused(random(vault), 403, 'permission denied');
});

check('session: a token serves nobody else', async () => {
  const { auth } = await loggedIn();
  const thief = client('officer-1', { vault: { token: auth.client_token } });
  await refused(thief.transitListKeys(), 403, 'permission denied');
  const owner = client('registry-backend', { vault: { token: auth.client_token } });
  assert.ok(await random(owner));
  for (const token of ['x', 'sluis_', `${auth.client_token}0`, auth.client_token.slice(0, -1)]) {
    await refused(random(client('registry-backend', { vault: { token } })), 403, 'permission denied');
  }
});

check('session: the other header, and namespaces', async () => {
  const { auth } = await loggedIn();
  const bearer = client('registry-backend', { headers: { Authorization: `Bearer ${auth.client_token}` } });
  assert.ok(await random(bearer));
  await refused(random(client('registry-backend', { headers: { Authorization: 'Bearer x' } })), 403, 'permission denied');
  await refused(random(client('registry-backend', { vault: { namespace: 'team' } })), 400);
  assert.ok(await random(client('registry-backend', { vault: { namespace: 'root' } })));
});

check('session: a token widens nothing', async () => {
  const { vault } = await loggedIn('auditor-1');
  await refused(vault.encryptData({ name: fresh('session'), plaintext: '' }), 403, 'permission denied');
});

check('session: health, seal and mounts', async () => {
  const health = await backend.health();
  assert.deepEqual([health.initialized, health.sealed, health.standby], [true, false, false]);
  const status = await backend.status();
  assert.deepEqual([status.initialized, status.sealed], [true, false]);
  const mounts = await backend.mounts();
  assert.equal(mounts.data['transit/'].type, 'transit');
  const shown = await backend.read('sys/internal/ui/mounts/transit/encrypt/x');
  assert.equal(shown.data.path, 'transit/');
  const capabilities = (await backend.write('sys/capabilities-self', { paths: ['transit/encrypt/x', 'transit/keys/x/rotate'] })).data;
  assert.ok(capabilities['transit/encrypt/x'].includes('update'));
  assert.deepEqual(capabilities['transit/keys/x/rotate'], ['deny']);
});
