import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createParser } from '../../ingest/parse.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { expectWellParsed, outline } from './parsers/expect-well-parsed.ts';
import { makeDocx } from './parsers/make-zip.ts';

const settings = {
  processes: 2,
  maxMemoryBytes: 268_435_456,
  timeoutMs: 30_000,
  maxDocumentBytes: 1_000_000,
};
const parser = createParser(settings, silentTelemetry);
afterAll(() => parser.close());

const samples = resolve(process.env.BRAID_SHARED ?? '../shared', 'data/parser-samples/docling');
if (!existsSync(samples)) console.warn(`Sample documents are not compared: there is no ${samples}`);

describe('createParser', () => {
  it('parses in processes of its own, by content', async () => {
    const parsed = await parser.parse({
      name: 'a.bin',
      mediaType: 'text/markdown',
      content: Buffer.from('# A\n\nb'),
    });
    expectWellParsed(parsed);
    expect(outline(parsed)).toEqual(['heading1: A', 'paragraph (A): b']);
    expect(parser.recipe).toMatch(/\S/);
  });

  it('refuses what is larger than allowed without starting on it, in bytes of UTF-8', async () => {
    const idle = createParser({ ...settings, maxDocumentBytes: 10 }, silentTelemetry);
    await expect(idle.parse({ name: 'a.txt', content: 'ä'.repeat(6) })).rejects.toMatchObject({
      reason: 'too_large',
    });
    await expect(idle.parse({ name: 'a.txt', content: 'x'.repeat(100_000_000) })).rejects.toMatchObject({
      reason: 'too_large',
    });
    expect((await idle.parse({ name: 'a.txt', content: 'ä'.repeat(5) })).text).toBe('äääää');
    await idle.close();
  });

  it('refuses with the reason of the parser, and goes on', async () => {
    const inputs = [
      { name: 'a.txt', content: '' },
      { name: 'a.json', content: '{' },
      { name: 'a.docx', content: makeDocx(`<w:p><w:r><w:t>${'x'.repeat(20_000_000)}</w:t></w:r></w:p>`) },
      { name: 'a.txt', content: 'fine' },
    ];
    const outcomes = await Promise.allSettled(inputs.map((input) => parser.parse(input)));
    expect(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.reason : outcome.value.text)),
    ).toEqual(['empty', 'corrupt', 'too_large', 'fine']);
  });

  it.skipIf(process.platform !== 'linux')('leaves no process behind when its host is killed', async () => {
    const host = fork(new URL('./parsers/host-of-parser.ts', import.meta.url), { execArgv: [] });
    const processId = await new Promise<number>((received) =>
      host.once('message', (id: number) => received(id)),
    );
    expect(existsSync(`/proc/${processId}`)).toBe(true);
    host.kill('SIGKILL');
    for (let waited = 0; waited < 5_000 && existsSync(`/proc/${processId}`); waited += 100) await pause(100);
    expect(existsSync(`/proc/${processId}`)).toBe(false);
  });

  it.skipIf(!existsSync(samples)).each([
    ['html', 'wiki_duck.html', 0.95],
    ['html', 'example_03.html', 0.99],
    ['html', 'html_code_snippets.html', 0.97],
    ['docx', 'lorem_ipsum.docx', 0.99],
    ['docx', 'unit_test_headers.docx', 0.97],
    ['docx', 'textbox.docx', 0.97],
    ['csv', 'csv-comma.csv', 0.99],
  ])('finds the words of the %s sample %s that its reference has', async (format, name, least) => {
    const content = readFileSync(join(samples, format, 'sources', name));
    const parsed = await parser.parse({ name, content });
    expectWellParsed(parsed);
    const reference = readFileSync(join(samples, format, 'groundtruth', `${name}.md`), 'utf8');
    expect(recall(plain(reference), parsed.text)).toBeGreaterThanOrEqual(least);
  });
});

/** The share of the reference's words, each as often as it stands there, that the text has. */
function recall(reference: string, text: string): number {
  const counts = new Map<string, number>();
  for (const word of words(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const expected = words(reference);
  const found = expected.filter((word) => {
    const left = counts.get(word) ?? 0;
    counts.set(word, left - 1);
    return left > 0;
  });
  return found.length / expected.length;
}

function words(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** Markdown without pictures, addresses and entities. */
function plain(markdown: string): string {
  return markdown
    .replace(/!\[[^\]]*\]\([^)]*\)|<!--.*?-->|\]\([^)]*\)/gs, ' ')
    .replace(/&(?:amp|lt|gt);/g, ' ');
}
