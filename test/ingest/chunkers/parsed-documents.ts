import fc from 'fast-check';
import type { Block, ParsedDocument } from '../../../domain/parsed-document.ts';
import type { EmbedTexts } from '../../../ingest/chunkers/semantic.ts';
import type { Tokenizer } from '../../../models/embedding-model.ts';

/** One token a word of up to 8 characters, one more for each further 8; 2 special tokens. */
export const wordTokenizer: Tokenizer = {
  count: (text) => (text.match(/\S{1,8}/gu) ?? []).length,
  specialTokens: 2,
};

/** A stand-in for a model's embedding: the letters of a text, counted, at length 1. */
export const embedLetters: EmbedTexts = async (texts) =>
  texts.map((text) => {
    const vector = new Float32Array(32);
    for (const letter of text.toLowerCase()) vector[letter.codePointAt(0)! % 32]! += 1;
    const length = Math.hypot(...vector);
    return vector.map((count) => count / length);
  });

export type BlockDraft = Pick<Block, 'kind'> & Partial<Block> & { readonly text: string };

/** A parsed document of these blocks, with blank lines between. A table's header is its first line. */
export function parsedOf(drafts: readonly BlockDraft[], separator = '\n\n'): ParsedDocument {
  const blocks: Block[] = [];
  let text = '';
  for (const { text: body, ...draft } of drafts) {
    if (text !== '') text += separator;
    const start = text.length;
    text += body;
    blocks.push({ headingPath: [], ...draft, start, end: text.length, ...tableOf(draft.kind, body, start) });
  }
  return { text, mediaType: 'text/plain', blocks };
}

export function paragraph(text: string, headingPath: readonly string[] = []): BlockDraft {
  return { kind: 'paragraph', text, headingPath };
}

export function heading(text: string, headingPath: readonly string[] = []): BlockDraft {
  return { kind: 'heading', text, headingPath, level: headingPath.length + 1 };
}

function tableOf(kind: Block['kind'], body: string, offset: number): Pick<Block, 'table'> {
  if (kind !== 'table') return {};
  const rows: number[] = [];
  for (let at = body.indexOf('\n'); at !== -1; at = body.indexOf('\n', at + 1)) rows.push(offset + at + 1);
  return { table: { header: body.split('\n')[0] ?? '', rows } };
}

const units = [
  ...'abcdefghij',
  ...['the ', 'word ', 'of a sentence. ', 'Another one! ', 'supercalifragilisticexpialidocious'],
  ...[' ', ' \u0301x', '\n', '\r\n', '\t', '. ', '? ', ', ', '-', '|'],
  ...[
    '😀',
    '👩‍👩‍👧',
    '🇩🇪',
    'e\u0301',
    'n\u0303\u0323',
    '𝒳',
    '漢',
    '字。',
    'שלום ',
    'مرحبا ',
    'ไทย',
    '\u200f',
    '\u00a0',
  ],
];

const body = fc
  .array(fc.constantFrom(...units), { minLength: 1, maxLength: 300 })
  .map((parts) => parts.join('').trim())
  .filter((text) => text !== '');

const headingPath = fc.constantFrom<readonly string[]>(
  [],
  ['Guide'],
  ['Guide', 'Setup'],
  ['Guide', 'Setup of many things that are told in a rather long heading of many words 漢字'],
  ['Other'],
);

const block: fc.Arbitrary<BlockDraft> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('paragraph', 'list', 'code', 'table'),
      text: body,
      headingPath,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('heading' as const),
      text: fc.constantFrom('Guide', 'Setup', 'A heading of some words'),
      headingPath,
    }),
  },
);

/** Documents of all kinds of blocks, with every kind of character that is known to hurt. */
export const parsedDocuments: fc.Arbitrary<ParsedDocument> = fc
  .tuple(fc.array(block, { minLength: 1, maxLength: 6 }), fc.constantFrom('\n\n', '\r\n\r\n', '\n \n'))
  .map(([drafts, separator]) => parsedOf(drafts, separator));
