import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunningProgram } from './program.ts';

/** Ends a program when the test that started it does, however that went. */
export function killAfterTest(program: RunningProgram): RunningProgram {
  onTestFinished(async () => {
    program.child.kill('SIGKILL');
    await program.ended;
  });
  return program;
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'braid-end-to-end-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
