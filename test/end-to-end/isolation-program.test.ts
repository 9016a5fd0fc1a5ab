import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killAfterTest, temporaryFolder } from './clean-up.ts';
import { runJson, runProgram, startProgram } from './program.ts';

interface CreatedKey {
  readonly key: string;
  readonly keyId: string;
}

it('serves other addresses with keys alone, forgets a revoked one within a second, and deletes a tenant', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const file = join(folder, 'braid.config.json');
  writeFileSync(file, JSON.stringify({ authentication: {}, audit: { reads: true } }));
  const common = ['--data', data, '--config', file, '--tenant', 'docs'];
  const { key, keyId } = await runJson<CreatedKey>([
    'keys',
    'create',
    '--role',
    'search',
    'ingest',
    ...common,
  ]);
  const program = killAfterTest(
    startProgram(['serve', '--host', '0.0.0.0', '--port', '0', '--json', ...common]),
  );
  const [, url] = await program.printed(/"url": "([^"]+)"/);
  const address = url!.replace('0.0.0.0', '127.0.0.1');
  const ask = (credential?: string) =>
    fetch(`${address}/v1/search`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(credential !== undefined && { Authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ query: 'basin' }),
    });

  expect((await ask()).status).toBe(401);
  expect((await ask(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).status).toBe(401);
  const stored = await fetch(`${address}/v1/documents/a?wait=searchable`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    body: JSON.stringify({ content: 'The basin is deep.' }),
  });
  expect(stored.status).toBe(200);
  expect(((await (await ask(key)).json()) as { results: unknown[] }).results).toHaveLength(1);
  expect((await fetch(`${address}/metrics`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(
    403,
  );

  await runJson(['keys', 'revoke', keyId, ...common]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect((await ask(key)).status).toBe(401);

  expect((await runProgram(['tenants', 'delete', 'docs', ...common])).status).toBe(2);
  expect(await runJson(['tenants', 'delete', 'docs', '--yes', ...common])).toMatchObject({
    state: 'done',
    removed: { documents: 1, chunks: 1, vectors: 1, keys: 1 },
  });
  expect(await runJson(['documents', 'list', '--deleted', ...common])).toEqual({ documents: [] });
  expect(await runJson(['keys', 'list', ...common])).toEqual({ keys: [] });

  const acts = readFileSync(join(data, 'audit', 'acts.jsonl'), 'utf8');
  for (const action of ['key created', 'refused GET /metrics', 'key revoked', 'tenant deletion ends']) {
    expect(acts).toContain(action);
  }
  const secret = key.split('_').slice(2).join('_');
  expect(acts + program.stderr() + program.stdout()).not.toContain(secret);
});
