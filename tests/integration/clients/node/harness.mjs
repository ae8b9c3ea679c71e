// Checks by name, run in order; what each of them sent is noted, and all of it is written as JSON for the test that started it.
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';

// `node main.mjs --list` names the checks, with neither the library nor a gateway.
const listing = process.argv.includes('--list');
const folder = process.env.SLUIS_CA;
const checks = [];
// A check may begin several calls and look at one after another: those that fail meanwhile are looked at too.
process.on('unhandledRejection', () => {});
let sent = [];

export function check(name, body) {
  checks.push({ name, body });
}

// The members of batch items too, as "batch_input.NAME".
function names(body) {
  const out = Object.keys(body ?? {});
  const items = Array.isArray(body?.batch_input) ? body.batch_input : [];
  for (const item of items) {
    if (item && typeof item === 'object') out.push(...Object.keys(item).map((name) => `batch_input.${name}`));
  }
  return [...new Set(out)];
}

function call(who, method, path, body) {
  const [cert, key] = ['pem', 'key'].map((end) => fs.readFileSync(`${folder}/${who}.${end}`));
  const options = { method, ca: fs.readFileSync(`${folder}/server-ca.pem`), cert, key, headers: { 'Content-Type': 'application/json' } };
  return new Promise((resolve, reject) => {
    const sent_ = https.request(`${process.env.SLUIS_URL}${path}`, options, (reply) => {
      let text = '';
      reply.on('data', (piece) => { text += piece; }).on('end', () => resolve(JSON.parse(text)));
    });
    sent_.on('error', reject).end(body && JSON.stringify(body));
  });
}

// What was refused because a second officer must approve it: officer-2 does, and the call is made again with the header.
async function approved(options, error) {
  const [, id] = /an approval was requested, ([0-9a-f-]+)/.exec(error.response?.body?.errors?.[0] ?? error.message) ?? [];
  if (!id) throw error;
  const { digest } = await call('officer-2', 'GET', `/v1/approvals/${id}`);
  await call('officer-2', 'POST', `/v1/approvals/${id}:approve`, { digest });
  return { ...options, headers: { ...options.headers, 'Sluis-Approval': id } };
}

// A client of the library with a certificate and no token, whose requests are noted.
export function client(who, options = {}) {
  if (listing) return {};
  const vault = createRequire(import.meta.url)('node-vault')({
    endpoint: process.env.SLUIS_URL,
    requestOptions: {
      ca: fs.readFileSync(`${folder}/server-ca.pem`),
      cert: fs.readFileSync(`${folder}/${who}.pem`),
      key: fs.readFileSync(`${folder}/${who}.key`),
      headers: options.headers ?? {},
    },
    ...options.vault,
  });
  const request = vault.request;
  vault.request = async (options_) => {
    const url = new URL(options_.path, 'https://gateway');
    const note = { method: options_.method, path: url.pathname, names: [...names(options_.json), ...url.searchParams.keys()] };
    note.headers = Object.keys(options_.headers ?? {});
    note.status = 0;
    sent.push(note);
    try {
      const body = await request(options_).catch(async (error) => request(await approved(options_, error)));
      note.status = 200;
      return body;
    } catch (error) {
      note.status = error.response?.statusCode ?? -1;
      throw error;
    }
  };
  // PUT means what POST means; the library has no word for it.
  vault.put = (path, json) => vault.request({ method: 'PUT', path: `/${path}`, json });
  vault.get = (path) => vault.request({ method: 'GET', path: `/${path}` });
  return vault;
}

export async function run() {
  if (listing) {
    console.log(JSON.stringify(checks.map(({ name }) => name)));
    return;
  }
  const results = [];
  for (const { name, body } of checks) {
    sent = [];
    let error = null;
    try {
      await body();
    } catch (thrown) {
      error = `${thrown.stack ?? thrown}\n${JSON.stringify(thrown.response?.body ?? null)}`;
    }
    results.push({ name, error, sent });
  }
  fs.writeFileSync(process.env.SLUIS_RESULTS, JSON.stringify(results));
}
