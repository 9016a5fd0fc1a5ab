import { describe, expect, it } from 'vitest';
import { runInMemory } from './run-in-memory.ts';

const commands = [
  'serve',
  'ingest',
  'search',
  'answer',
  'documents list',
  'documents show',
  'documents delete',
  'bench relevance',
  'config',
  'doctor',
];

describe('runCommandLine', () => {
  it.each(commands)('explains "%s" with an example and the options of every command', async (command) => {
    const { status, stdout, stderr } = await runInMemory(...command.split(' '), '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: braid ${command}`);
    expect(stdout).toContain(`npm run -s braid -- ${command}`);
    for (const option of ['--tenant', '--config', '--engine', '--data', '--json'])
      expect(stdout).toContain(option);
  });

  it('lists every command in its help', async () => {
    const { stdout } = await runInMemory('--help');
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command.split(' ')[0]}`, 'm'));
  });

  it.each([
    [['search', 'x', '--topk', '3'], "unknown option '--topk' (Did you mean --top-k?)"],
    [['serch', 'x'], "unknown command 'serch' (Did you mean search?)"],
    [['ingest'], "missing required argument 'path'"],
    [['doctor', 'me'], 'too many arguments'],
    [['search', 'x', '--top-k', '0'], 'Expected a whole number from 1 to 1000'],
    [['search', 'x', '--top-k', '1e2'], 'Expected a whole number from 1 to 1000'],
    [['serve', '--port', '65536'], 'Expected a whole number from 0 to 65535'],
    [['search', 'x', '--engine', 'solr'], 'Allowed choices are sqlite, opensearch'],
    [['search', 'x', '--tenant', 'A B'], 'Expected --tenant to be 1 to 64 characters'],
    [['search', 'x', '--filter', '{"equals":'], 'Cannot read --filter'],
    [['search', 'x', '--filter', '{"like":{}}'], 'Expected --filter to have exactly one of equals'],
    [['search', 'x', '--request', '/no/such/file'], 'no readable file'],
    [['search'], 'Expected TEXT'],
    [['answer'], 'Expected TEXT'],
    [['search', 'x', '--request', '{"query":"y"}'], 'two different texts'],
    [['config', '--config', 'missing.yaml'], 'there is no such file'],
    [['bench', 'relevance'], 'Expected either --dataset or --judgements'],
  ])('ends %j with status 2 and one line', async (commandLine, message) => {
    const { status, stdout, stderr } = await runInMemory(...commandLine);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(message);
  });

  it('prints an error as one JSON document with --json, and as a line', async () => {
    const { status, stdout, stderr } = await runInMemory('search', 'x', '--tenant', '!', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { type: 'urn:braid:problem:invalid_input', field: '--tenant' },
    });
    expect(stderr).toMatch(/^error: Expected --tenant/);
  });

  it('prints a wrong option as JSON too', async () => {
    const { status, stdout } = await runInMemory('search', '--json', '--nonsense');
    expect(status).toBe(2);
    expect(JSON.parse(stdout).error.detail).toContain('--nonsense');
  });
});
