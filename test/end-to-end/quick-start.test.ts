import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { killAfterTest, temporaryFolder } from './clean-up.ts';
import { type RunningProgram, startProgram } from './program.ts';

function quickStart(data: string): RunningProgram {
  return killAfterTest(startProgram(['serve', '--quick-start', '--port', '0', '--data', data]));
}

describe('serve --quick-start', () => {
  it('takes in the docs once, answers a question with citations, and prints a request that works', async () => {
    const data = join(temporaryFolder(), 'data');
    const first = quickStart(data);
    const [, command] = await first.printed(/^ {2}(curl .*)$/m);
    expect(first.stdout()).toMatch(/^Braid serves on http:\/\/127\.0\.0\.1:\d+/m);
    expect(first.stdout()).toMatch(/ {4}\[1\] .*docs\//);
    expect(first.stderr()).toMatch(/documents: [1-9]\d* indexed, 0 unchanged/);
    // As it would be pasted.
    const { stdout } = await promisify(execFile)('sh', ['-c', command!]);
    expect(JSON.parse(stdout).results).not.toHaveLength(0);
    first.child.kill('SIGINT');
    expect((await first.ended).status).toBe(0);

    const startedAt = performance.now();
    const second = quickStart(data);
    await second.printed(/^ {2}curl /m);
    expect(second.stderr()).toMatch(/documents: 0 indexed, [1-9]\d* unchanged; 0 chunks, 0 texts embedded/);
    // 3 s on a quiet machine; the tests share theirs.
    expect(performance.now() - startedAt).toBeLessThan(9_000);
  });
});
