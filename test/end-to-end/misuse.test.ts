import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './clean-up.ts';
import { writeCorpus } from './corpus.ts';
import { runJson, runProgram } from './program.ts';

const nobody = 65_534;

describe('the program', () => {
  it('ends with status 2 for an unknown option', async () => {
    const { status, stdout, stderr } = await runProgram(['search', 'x', '--nonsense']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: unknown option '--nonsense'.*\n$/);
  });

  it('ends with status 2 for a path that does not exist', async () => {
    const data = join(temporaryFolder(), 'data');
    const { status, stderr } = await runProgram(['ingest', '/no/such/folder', '--data', data]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: .*\/no\/such\/folder.*\n$/);
  });

  it('refuses an unknown field of a request', async () => {
    const data = join(temporaryFolder(), 'data');
    const { status, stdout } = await runProgram([
      ...['search', '--request', '{"query":"x","topk":3}'],
      ...['--data', data, '--json'],
    ]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout).error.detail).toContain('topk');
  });

  it.each([
    [
      'BRAID_GUARDRAILS',
      '{"input":{"patterns":[{"name":"x","pattern":"("}]}}',
      /^error: Cannot use guardrails.*\n$/,
    ],
    [
      'BRAID_AUTHENTICATION',
      '{"jwt":{"jwksFile":"no-such-file","issuer":"i","audience":"a"}}',
      /^error: Cannot read a JSON Web Key Set.*\n$/,
    ],
  ])('says what is wrong with %s, and ends', async (variable, value, message) => {
    const data = join(temporaryFolder(), 'data');
    const { status, stderr } = await runProgram(['serve', '--port', '0', '--data', data], {
      environment: { [variable]: value },
    });
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  it('ends with status 1 where nothing at all could be taken in', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'empty.md'), '');
    const { status, stdout } = await runProgram([
      ...['ingest', join(folder, 'empty.md')],
      ...['--data', join(folder, 'data'), '--json'],
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).documents).toMatchObject({ seen: 1, indexed: 0, refused: { empty: 1 } });
  });

  it('says in one line that its data folder cannot be written', async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    chmodSync(folder, 0o755);
    mkdirSync(data, { mode: 0o555 });
    // Permissions do not bind root: there the program runs as a user whom they bind.
    const isRoot = process.getuid?.() === 0;
    const corpus = writeCorpus(folder);
    const { status, stdout, stderr } = await runProgram(
      ['ingest', corpus, '--data', data],
      isRoot ? { uid: nobody, cwd: '/' } : {},
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(data);
  });

  it('says in one line that OpenSearch is absent, and where it looked', async () => {
    const { status, stderr } = await runProgram(['search', 'x', '--engine', 'opensearch'], {
      environment: { OPENSEARCH_URL: 'http://127.0.0.1:1' },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .*http:\/\/127\.0\.0\.1:1.*\n$/);
  });

  it('tells with doctor what is reached, and what to do where it is not', async () => {
    const data = join(temporaryFolder(), 'data');
    const { ok, checks } = await runJson<{ ok: boolean; checks: { name: string; ok: boolean }[] }>([
      ...['doctor', '--data', data],
    ]);
    expect(ok).toBe(true);
    expect(checks.map(({ name }) => name)).toEqual([
      ...['node', 'configuration', 'data folder', 'engine', 'models: embedding', 'models: language'],
      ...['objects', 'search'],
    ]);
    const { status, stdout } = await runProgram(['doctor', '--engine', 'opensearch'], {
      environment: { OPENSEARCH_URL: 'http://127.0.0.1:1' },
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/FAILED {2}engine .*127\.0\.0\.1:1.*OPENSEARCH_URL/s);
  });

  it('tells with doctor which setting is one that nothing could be done by', async () => {
    const data = join(temporaryFolder(), 'data');
    const environment = { BRAID_FEEDS_MAPPINGS: '{"debezium":{"id":"id"}}' };
    const { status, stdout } = await runProgram(['doctor', '--data', data], { environment });
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /FAILED {2}settings +Cannot use feeds\.mappings\.debezium: Expected mapping to name/,
    );
    expect(stdout).toContain('Mend feeds.mappings.debezium (environment variable BRAID_FEEDS_MAPPINGS)');
  });
});
