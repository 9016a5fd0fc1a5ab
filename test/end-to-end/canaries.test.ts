import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startIssuer } from '../identity/token-issuer.ts';
import { killAfterTest, temporaryFolder } from './clean-up.ts';
import { tell } from './isolation.ts';
import { runJson, runProgram, startProgram } from './program.ts';

/** Words that stand nowhere but where they are put. */
const password = 'canary-password-7f3a';
const text = 'canaryone lives at 12 Canary Street';
const query = 'canarytwo';
const metadata = 'canarythree';
const principal = 'group:canaryfour';

/** Every file below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

it('says no secret and nothing personal in logs, metrics, errors, the audit log or config, at level debug', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const file = join(folder, 'braid.config.json');
  const issuer = await startIssuer();
  writeFileSync(
    file,
    JSON.stringify({
      authentication: { jwt: issuer.options },
      audit: { reads: true },
      limits: { keyRequestsPerSecond: 200 },
      log: { level: 'debug' },
      opensearch: { url: `http://user:${password}@127.0.0.1:9` },
    }),
  );
  const common = ['--data', data, '--config', file, '--tenant', 'left'];
  const { key, keyId } = await runJson<{ key: string; keyId: string }>([
    ...['keys', 'create', '--role', 'search', 'answer', 'ingest', 'admin', '--principal', principal],
    ...common,
  ]);
  const token = await issuer.sign();
  const program = killAfterTest(startProgram(['serve', '--port', '0', '--json', ...common]));
  const [, url] = await program.printed(/"url": "([^"]+)"/);
  const said: string[] = [];
  let replies = 0;
  const send = async (credential: string, method: string, path: string, body?: unknown) => {
    const reply = await fetch(`${url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${credential}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const content = await reply.text();
    replies += 1;
    // What a caller may read is no leak; what is wrong with a request is told without what was in it.
    if (reply.status >= 400 || path === '/metrics' || path === '/openapi.json') said.push(content);
    return reply.status;
  };
  const document = { content: text, metadata: { m: metadata }, access: { allow: [principal] } };
  expect(await send(key, 'PUT', '/v1/documents/d?wait=searchable', document)).toBe(200);
  for (const credential of [key, token]) {
    await send(credential, 'POST', '/v1/search', {
      query,
      filter: { equals: { key: 'm', value: metadata } },
      explain: 1,
    });
    await send(credential, 'POST', '/v1/search', { query, highlight: true, facets: [{ key: 'm' }] });
    await send(credential, 'POST', '/v1/answer', { question: query });
    await send(credential, 'GET', '/v1/documents/none');
  }
  const broken = [
    ['PUT', '/v1/documents/d', `{"content": "${text}`],
    ['PUT', '/v1/documents/d', { ...document, expiresAt: 'soon' }],
    [
      'PUT',
      '/v1/documents/pdf?wait=stored',
      { content: { base64: Buffer.from(`%PDF-1.7 ${text}`).toString('base64') } },
    ],
    [
      'POST',
      '/v1/changes?format=braid',
      { operation: 'upsert', source: 's', documentId: 'x', version: '1', content: text, secret: metadata },
    ],
    ['POST', '/v1/search', { query, cursor: 'x' }],
  ] as const;
  for (const [method, path, body] of broken) await send(key, method, path, body);
  for (const wrong of [`${key}x`, `${token.slice(0, -3)}abc`, `${key.slice(0, 30)}${'B'.repeat(36)}`]) {
    expect(await send(wrong, 'GET', '/v1/documents')).toBe(401);
  }
  expect(await send(key, 'GET', '/metrics')).toBe(200);
  expect(await send(key, 'GET', '/openapi.json')).toBe(200);
  await issuer.close();

  const shown = await runProgram(['config', '--json', ...common]);
  const examined = await runProgram(['doctor', '--json', '--engine', 'opensearch', ...common]);
  const failed = await runProgram(['search', query, '--engine', 'opensearch', ...common]);
  const listed = await runProgram(['keys', 'list', '--json', ...common]);
  program.child.kill('SIGTERM');
  const ended = await program.ended;
  const audit = filesIn(join(data, 'audit')).map((path) => readFileSync(path, 'utf8'));
  expect(audit.join('')).toContain(keyId);
  expect(ended.stderr).toContain('Served a request');

  const secret = key.split('_').slice(2).join('_');
  const secrets = [secret, password, token, token.split('.')[2]!];
  const personal = ['canaryone', 'Canary Street', query, metadata];
  const places: Record<string, string> = {
    log: ended.stderr + ended.stdout,
    replies: said.join('\n'),
    audit: audit.join('\n'),
    config: shown.stdout + shown.stderr,
    doctor: examined.stdout + examined.stderr,
    'a command that fails': failed.stdout + failed.stderr,
    'keys list': listed.stdout + listed.stderr,
  };
  const found: string[] = [];
  let looked = 0;
  for (const [place, content] of Object.entries(places)) {
    expect(content.length, place).toBeGreaterThan(0);
    for (const canary of [...secrets, ...personal]) {
      looked += 1;
      if (content.includes(canary)) found.push(`${place}: ${canary}`);
    }
  }
  // Nor is the secret of a key in any file; what it is checked by is.
  for (const path of filesIn(folder)) {
    looked += 1;
    if (statSync(path).size < 50_000_000 && readFileSync(path).includes(secret))
      found.push(`${path}: ${secret}`);
  }
  expect(found).toEqual([]);
  tell(`S8: canaries found, after ${replies} requests`, 0, looked);
}, 120_000);
