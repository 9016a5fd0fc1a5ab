import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMsg } from '../../../ingest/parsers/msg.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeCompoundFile } from './make-compound-file.ts';

const samples = resolve(process.env.BRAID_SHARED ?? '../shared', 'data/parser-samples');
if (!existsSync(samples)) console.warn(`Messages of Outlook are not read: there is no ${samples}`);

describe('parseMsg', () => {
  it('refuses a file without a message as empty or corrupt', () => {
    expect(() => parseMsg(makeCompoundFile(['__properties_version1.0']))).toThrow();
  });

  it.skipIf(!existsSync(samples))('reads subject, correspondents, text and attachments', () => {
    const parsed = parseMsg(readFileSync(join(samples, 'docling/email/sources/msg_with_attachment.msg')));
    expectWellParsed(parsed);
    expect(parsed.title).not.toBe('');
    expect(outline(parsed)[1]).toMatch(/From: .*\n(?:To|Date): /);
    expect(parsed.attachments?.length).toBeGreaterThan(0);
    expect(parsed.attachments?.every(({ content }) => content.length > 0)).toBe(true);
  });
});
