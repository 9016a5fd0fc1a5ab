import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePlainText } from '../../../benchmarks/chunking/parse-plain-text.ts';
import { readQuestions } from '../../../benchmarks/chunking/read-questions.ts';

const folders: string[] = [];

async function folderOf(content: string, references: unknown, textId = 'a'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'braid-questions-'));
  folders.push(folder);
  await mkdir(join(folder, 'corpora'));
  await writeFile(join(folder, 'corpora', 'a.md'), content);
  const line = { _id: 'q', text: 'Which?', corpus_id: textId, references };
  await writeFile(join(folder, 'queries.jsonl'), `${JSON.stringify(line)}\n`);
  return folder;
}

function reference(content: string, wanted: string) {
  const start = Array.from(content.slice(0, content.indexOf(wanted))).length;
  return { content: wanted, start_index: start, end_index: start + Array.from(wanted).length };
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

describe('readQuestions', () => {
  it.each([
    ['plain text', 'One two. Three four.', 'Three four.'],
    ['characters outside the basic plane', '😀😀 One 𝒳 two. Three 👍 four.', 'Three 👍 four.'],
    [
      'line breaks of another system, and control characters',
      'One\r\ntwo\u0007.\r\nThree\r\nfour.',
      'Three\r\nfour.',
    ],
  ])('finds excerpts by code points in %s', async (_, content, wanted) => {
    const set = await readQuestions(await folderOf(content, [reference(content, wanted)]));
    const { excerpts, textId } = set.questions[0]!;
    const text = parsePlainText(set.texts.find((one) => one.textId === textId)!.content).text;
    expect(text.slice(excerpts[0]!.start, excerpts[0]!.end)).toBe(wanted.replaceAll('\r\n', '\n'));
  });

  it.each([
    [
      'a place where something else stands',
      [{ content: 'two', start_index: 0, end_index: 3 }],
      'a',
      /found "One"/,
    ],
    ['no references', [], 'a', /Expected references/],
    [
      'places that are no numbers',
      [{ content: 'One', start_index: '0', end_index: 3 }],
      'a',
      /Expected references/,
    ],
    ['an unknown text', [reference('One two.', 'One')], 'b', /to be a file, got "b"/],
  ])('refuses %s', async (_, references, textId, message) => {
    await expect(readQuestions(await folderOf('One two.', references, textId))).rejects.toThrow(message);
  });
});

describe('parsePlainText', () => {
  it('keeps the text as it is and finds the headings that WikiText marks', () => {
    const content =
      ' = Title = \n \n Text of it , a = b . \n \n = = Part = = \n \n More . \n = = = Deep = = = \n Last . \n';
    const { text, blocks } = parsePlainText(content);
    expect(text).toBe(content);
    expect(
      blocks.map(({ kind, headingPath, start, end }) => [kind, headingPath, text.slice(start, end)]),
    ).toEqual([
      ['heading', [], '= Title ='],
      ['paragraph', ['Title'], 'Text of it , a = b .'],
      ['heading', ['Title'], '= = Part = ='],
      ['paragraph', ['Title', 'Part'], 'More .'],
      ['heading', ['Title', 'Part'], '= = = Deep = = ='],
      ['paragraph', ['Title', 'Part', 'Deep'], 'Last .'],
    ]);
  });
});
