// What several areas need: names, encodings, refusals, the two clients; and the ciphers of Transit by node's own crypto.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { client } from './harness.mjs';

export const backend = client('registry-backend');
export const officer = client('officer-1');

export const AEADS = ['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305'];
export const RSAS = ['rsa-2048', 'rsa-3072', 'rsa-4096'];
export const CURVES = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521'];
export const SIGNERS = ['ed25519', ...CURVES, ...RSAS];
export const TYPES = [...AEADS, ...SIGNERS, 'hmac'];

export const b64 = (value) => Buffer.from(value).toString('base64');
export const unb64 = (text) => Buffer.from(text, 'base64');

// A name that no other check has.
let last = 0;
export const fresh = (word) => `${word}-${++last}`;

// One key of a type that several checks may use, made when it is first asked for. RSA keys take their time.
const shared = new Map();
export async function keyOf(type, options = {}) {
  const id = JSON.stringify([type, options]);
  if (!shared.has(id)) {
    const name = fresh(type);
    await officer.transitCreateKey({ name, type, ...options });
    shared.set(id, name);
  }
  return shared.get(id);
}

export async function refused(promise, status, message) {
  const error = await promise.then((body) => assert.fail(`not refused: ${JSON.stringify(body)}`), (thrown) => thrown);
  if (!error.response) throw error;
  assert.equal(error.response.statusCode, status, JSON.stringify(error.response.body));
  if (message === undefined) return error;
  assert.deepEqual(error.response.body, { errors: message === null ? [] : [message] });
  assert.equal(error.message, message ?? `Status ${status}`);
  return error;
}

export function split(ciphertext) {
  const [, version, rest] = /^vault:v(\d+):([A-Za-z0-9+/]*=*)$/.exec(ciphertext) ?? assert.fail(`not a ciphertext: ${ciphertext}`);
  return { version: Number(version), bytes: unb64(rest) };
}

const CIPHERS = { 'aes128-gcm96': 'aes-128-gcm', 'aes256-gcm96': 'aes-256-gcm', 'chacha20-poly1305': 'chacha20-poly1305' };

// HChaCha20 out of a block of ChaCha20: the block less the state it began with (draft-irtf-cfrg-xchacha section 2.2).
function hchacha(key, nonce) {
  const words = (buffer) => new Uint32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length));
  const block = words(crypto.createCipheriv('chacha20', key, nonce).update(Buffer.alloc(64)));
  const constants = words(Buffer.from('expand 32-byte k'));
  const last4 = words(Buffer.from(nonce));
  for (let i = 0; i < 4; ++i) {
    block[i] -= constants[i];
    block[12 + i] -= last4[i];
  }
  const out = new Uint32Array([...block.slice(0, 4), ...block.slice(12, 16)]);
  return Buffer.from(out.buffer);
}

function keyAndNonce(type, key, nonce) {
  if (type !== 'xchacha20-poly1305') return { cipher: CIPHERS[type], key, nonce };
  const short = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  return { cipher: 'chacha20-poly1305', key: hchacha(key, nonce.subarray(0, 16)), nonce: short };
}

export const nonceSize = (type) => (type === 'xchacha20-poly1305' ? 24 : 12);
export const keySize = (type) => (type === 'aes128-gcm96' ? 16 : 32);

// nonce || ciphertext || tag
export function seal(type, key, plaintext, { nonce = crypto.randomBytes(nonceSize(type)), aad } = {}) {
  const with_ = keyAndNonce(type, key, nonce);
  const cipher = crypto.createCipheriv(with_.cipher, with_.key, with_.nonce, { authTagLength: 16 });
  if (aad) cipher.setAAD(aad, { plaintextLength: plaintext.length });
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

export function open(type, key, sealed, { aad } = {}) {
  const nonce = sealed.subarray(0, nonceSize(type));
  const body = sealed.subarray(nonceSize(type), sealed.length - 16);
  const with_ = keyAndNonce(type, key, nonce);
  const decipher = crypto.createDecipheriv(with_.cipher, with_.key, with_.nonce, { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  if (aad) decipher.setAAD(aad, { plaintextLength: body.length });
  return Buffer.concat([decipher.update(body), decipher.final()]);
}

export const derive = (key, context, size) => Buffer.from(crypto.hkdfSync('sha256', key, '', context, size));

// RSA-4096-OAEP(a fresh AES-256 key) || AES-KWP(material), as import takes it.
export function wrap(wrappingKey, material, hash = 'sha256') {
  const ephemeral = crypto.randomBytes(32);
  const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
  const head = crypto.publicEncrypt({ key: wrappingKey, padding, oaepHash: hash }, ephemeral);
  const kwp = crypto.createCipheriv('id-aes256-wrap-pad', ephemeral, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([head, kwp.update(material), kwp.final()]).toString('base64');
}

export function unwrap(privateKey, blob, hash = 'sha256') {
  const bytes = unb64(blob);
  const size = crypto.createPrivateKey(privateKey).asymmetricKeyDetails.modulusLength / 8;
  const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
  const ephemeral = crypto.privateDecrypt({ key: privateKey, padding, oaepHash: hash }, bytes.subarray(0, size));
  const kwp = crypto.createDecipheriv('id-aes256-wrap-pad', ephemeral, Buffer.from('A65959A6', 'hex'));
  return Buffer.concat([kwp.update(bytes.subarray(size)), kwp.final()]);
}

// New key material of a type, as it is imported: raw, or PKCS #8.
export function material(type) {
  if (AEADS.includes(type)) return crypto.randomBytes(keySize(type));
  if (type === 'hmac') return crypto.randomBytes(64);
  return pair(type).privateKey.export({ type: 'pkcs8', format: 'der' });
}

export function pair(type) {
  const curve = { 'ecdsa-p256': 'P-256', 'ecdsa-p384': 'P-384', 'ecdsa-p521': 'P-521' }[type];
  if (curve) return crypto.generateKeyPairSync('ec', { namedCurve: curve });
  if (type === 'ed25519') return crypto.generateKeyPairSync('ed25519');
  return crypto.generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) });
}

export const ed25519Public = (raw) =>
  crypto.createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' });

export const ed25519Private = (seed) =>
  crypto.createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });

// The public key of a version as GET keys/:name shows it.
export async function publicKey(name, version = 1) {
  const { data } = await backend.transitReadKey({ name });
  const text = data.keys[version].public_key;
  return data.type === 'ed25519' ? ed25519Public(unb64(text)) : crypto.createPublicKey(text);
}
