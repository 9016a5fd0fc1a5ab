import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingVariables } from '../../config.ts';
import { runInMemory } from './run-in-memory.ts';

describe('config', () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'braid-cli-config-'));
    file = join(folder, 'settings.json');
    const opensearch = { username: 'someone', password: 'hidden-word' };
    writeFileSync(file, JSON.stringify({ server: { port: 9999 }, opensearch }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('prints the resolved configuration as JSON, secrets masked', async () => {
    const { status, stdout } = await runInMemory(
      'config',
      '--config',
      file,
      '--engine',
      'opensearch',
      '--json',
    );
    expect(status).toBe(0);
    expect(stdout).not.toContain('hidden-word');
    expect(JSON.parse(stdout)).toMatchObject({
      engine: 'opensearch',
      server: { port: 9999, host: '127.0.0.1' },
      opensearch: { username: 'someone', password: '********' },
    });
  });

  it('says where each setting came from', async () => {
    const { stdout } = await runInMemory('config', '--config', file, '--data', folder);
    expect(stdout).toContain(`server.port = 9999  (file ${file})`);
    expect(stdout).toContain(`data = ${JSON.stringify(folder)}  (command line)`);
    expect(stdout).toContain('server.host = "127.0.0.1"  (default)');
    expect(stdout).not.toContain('hidden-word');
  });

  it('lists the environment variable of each setting in its help', async () => {
    const { stdout } = await runInMemory('config', '--help');
    expect(stdout).toMatch(/BRAID_SERVER_PORT\s+server\.port \(number\)/);
    expect(stdout).toContain('OPENSEARCH_PASSWORD');
    const listed = stdout.match(/^ {2}(BRAID|OPENSEARCH)_.*$/gm) ?? [];
    expect(listed).toHaveLength(settingVariables.length);
    for (const line of listed)
      expect(line).toMatch(/^ {2}[A-Z0-9_]+ {2,}[a-zA-Z0-9.]+ \((text|number|json)\)$/);
  });
});
