import { afterAll, describe, expect, it } from 'vitest';
import { createParser } from '../../../ingest/parse.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { bombs } from './make-bombs.ts';

/** As `serve` has them; `test/end-to-end/parsing-load.ts` reports what each takes. */
const parser = createParser(
  { processes: 2, maxMemoryBytes: 268_435_456, timeoutMs: 30_000, maxDocumentBytes: 52_428_800 },
  silentTelemetry,
);
afterAll(() => parser.close());

describe('createParser', () => {
  it.concurrent.each(bombs)('refuses $name', { timeout: 120_000 }, async ({ name, make }) => {
    const refusal = await parser.parse({ name, content: make() }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: expect.toBeOneOf(['too_large', 'timed_out']) });
  });

  it('parses what comes after them', { timeout: 60_000 }, async () => {
    expect((await parser.parse({ name: 'a.txt', content: 'fine' })).text).toBe('fine');
  });
});
