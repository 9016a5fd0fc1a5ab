import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createParser } from '../../../ingest/parse.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { bombs } from './make-bombs.ts';

/** As `serve` has them; `test/end-to-end/parsing-load.ts` reports what each takes. */
const maxMemoryBytes = 268_435_456;
const parser = createParser(
  { processes: 2, maxMemoryBytes, timeoutMs: 30_000, maxDocumentBytes: 52_428_800 },
  silentTelemetry,
);
let peakBytes = 0;
let watch: NodeJS.Timeout | undefined;
beforeAll(() => {
  if (process.platform !== 'linux') return;
  watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, ...childrenOf(process.pid).map(peakOf));
  }, 5);
});
afterAll(async () => {
  clearInterval(watch);
  await parser.close();
});

describe('createParser', () => {
  it.concurrent.each(bombs)('refuses $name', { timeout: 120_000 }, async ({ name, make }) => {
    const refusal = await parser.parse({ name, content: make() }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: expect.toBeOneOf(['too_large', 'timed_out']) });
  });

  it('parses what comes after them', { timeout: 60_000 }, async () => {
    expect((await parser.parse({ name: 'a.txt', content: 'fine' })).text).toBe('fine');
  });

  it.skipIf(process.platform !== 'linux')('lets no process take more memory than it may', () => {
    expect(peakBytes).toBeGreaterThan(100_000_000);
    expect(peakBytes).toBeLessThanOrEqual(maxMemoryBytes);
  });
});

function childrenOf(processId: number): string[] {
  return readdirSync(`/proc/${processId}/task`).flatMap((task) =>
    read(`/proc/${processId}/task/${task}/children`).split(' ').filter(Boolean),
  );
}

/** The most that a process has held, as the kernel counts it. */
function peakOf(processId: string): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${processId}/status`))?.[1] ?? 0) * 1_024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has just ended.
    return '';
  }
}
