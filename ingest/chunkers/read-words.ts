import type { Block, ParsedDocument } from '../../domain/parsed-document.ts';
import { sentences } from '../../domain/sentences.ts';
import type { Tokenizer } from '../../models/embedding-model.ts';
import { maxWordCharacters, splitWord } from './split-word.ts';
import type { TextRange } from './strategy.ts';
import { weigh } from './weigh.ts';
import { type BreakLevel, breakLevel, WordTable } from './word-table.ts';

/** A block with its words, [from, to) in the table; `block` as parsed, also where only a part of it was read. */
export interface ReadBlock {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
}

export interface ReadDocument {
  readonly words: WordTable;
  readonly blocks: readonly ReadBlock[];
}

export interface ReadOptions {
  readonly tokenizer: Tokenizer;
  /** Code and tables up to this weight are kept whole where the strategy looks at meaning. */
  readonly keepWhole: (block: Block) => number;
  /** No entry of the table weighs more, so that any of them fits a chunk. */
  readonly maxWordWeight: number;
  /** False: prose and code are words only, as the fixed size wants. */
  readonly structured: boolean;
  /** Only what lies in this range. */
  readonly clip?: TextRange;
  /** Called again and again, so that a long document does not hold the event loop. */
  readonly pause: () => Promise<void>;
}

/** Reads a document into words, with the places where a chunk may well end. */
export async function readWords(parsed: ParsedDocument, options: ReadOptions): Promise<ReadDocument> {
  const words = new WordTable();
  const blocks: ReadBlock[] = [];
  const clip = options.clip ?? { start: 0, end: parsed.text.length };
  let previous: Block | undefined;
  for (const block of parsed.blocks) {
    const start = Math.max(block.start, clip.start);
    const end = Math.min(block.end, clip.end);
    if (start >= end) continue;
    const from = words.length;
    await addBlock(words, parsed.text, block, { start, end }, options);
    if (words.length === from) continue;
    // A heading never ends a chunk that the text below it could be in.
    if (previous?.kind === 'heading') words.setLevel(from, breakLevel.word);
    else if (options.structured && isLeadIn(parsed.text, previous, block))
      words.setLevel(from, breakLevel.line);
    else words.setLevel(from, options.structured ? breakLevel.block : breakLevel.sentence);
    blocks.push({ block, from, to: words.length });
    previous = block;
  }
  return { words, blocks };
}

/** "There are three:" stays with the list, the code or the table that it announces. */
function isLeadIn(text: string, previous: Block | undefined, block: Block): boolean {
  if (previous?.kind !== 'paragraph' || block.kind === 'paragraph' || block.kind === 'heading') return false;
  return /[:\uff1a]\s*$/.test(text.slice(Math.max(previous.start, previous.end - 16), previous.end));
}

async function addBlock(
  words: WordTable,
  text: string,
  block: Block,
  range: TextRange,
  options: ReadOptions,
): Promise<void> {
  const from = words.length;
  const { word, line, codeLine, sentence, item } = breakLevel;
  if (block.kind === 'table') {
    for (const row of rowsOf(block, range)) {
      await addSpan(words, text, row, { first: sentence }, options);
    }
    keepHeader(words, block, range, from);
  } else if (block.kind === 'heading') {
    await addSpan(words, text, range, { first: word }, options);
  } else if (!options.structured) {
    // To a fixed size each word is as good an end as a sentence.
    for (const span of linesOf(text, range)) {
      await addSpan(words, text, span, { first: sentence, line: sentence, word: sentence }, options);
    }
  } else if (block.kind === 'code') {
    for (const span of linesOf(text, range)) {
      await addSpan(words, text, span, { first: span.afterBlank ? sentence : codeLine }, options);
    }
  } else {
    let previousEnd = range.start;
    for (const [from, to] of sentences(text.slice(range.start, range.end))) {
      const span = { start: range.start + from, end: range.start + to };
      const startsLine = text.slice(previousEnd, span.start).includes('\n');
      await addSpan(words, text, span, { first: startsLine ? item : sentence, line }, options);
      previousEnd = span.end;
    }
  }
  if (options.structured && (block.kind === 'code' || block.kind === 'table')) {
    if (words.weight(from, words.length) <= options.keepWhole(block)) keepTogether(words, from);
  }
}

function keepTogether(words: WordTable, from: number): void {
  for (let at = from; at < words.length; at += 1) {
    if (words.level(at) > breakLevel.line) words.setLevel(at, breakLevel.line);
  }
}

/** The table's header, then its rows. */
function* rowsOf(block: Block, range: TextRange): Generator<TextRange> {
  const starts = [block.start, ...(block.table?.rows ?? [])];
  for (const [at, rowStart] of starts.entries()) {
    const start = Math.max(rowStart, range.start);
    const end = Math.min(starts[at + 1] ?? block.end, range.end);
    if (start < end) yield { start, end };
  }
}

/** A header without a row says little: a chunk ends between them only where a row would else be cut. */
function keepHeader(words: WordTable, block: Block, range: TextRange, from: number): void {
  const firstRow = block.table?.rows[0];
  if (firstRow === undefined || firstRow <= range.start) return;
  for (let at = from; at < words.length; at += 1) {
    if (words.start(at) < firstRow) continue;
    words.setLevel(at, breakLevel.line);
    return;
  }
}

function* linesOf(text: string, range: TextRange): Generator<TextRange & { readonly afterBlank: boolean }> {
  let afterBlank = false;
  let start = range.start;
  while (start < range.end) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak === -1 || lineBreak >= range.end ? range.end : lineBreak + 1;
    const isBlank = text.slice(start, end).trim() === '';
    if (!isBlank) yield { start, end, afterBlank };
    afterBlank = isBlank;
    start = end;
  }
}

/** How well a chunk may end before the first word of a span, before one that starts a line, before others. */
interface SpanLevels {
  readonly first: BreakLevel;
  readonly line?: BreakLevel;
  readonly word?: BreakLevel;
}

/** Characters read between two looks at what else there is to do. */
const charactersPerTurn = 65_536;

/** Adds the words of one sentence, row or line. */
async function addSpan(
  words: WordTable,
  text: string,
  span: TextRange,
  levels: SpanLevels,
  options: ReadOptions,
): Promise<void> {
  const { first, word = breakLevel.word, line = word } = levels;
  let start = span.start;
  while (start < span.end) {
    const end = turnEnd(text, start, span.end);
    addWords(
      words,
      text,
      { start, end },
      { first: start === span.start ? first : word, line, word },
      options,
    );
    start = end;
    await options.pause();
  }
}

/** The next white space after a turn's worth of characters. */
function turnEnd(text: string, start: number, limit: number): number {
  const wanted = start + charactersPerTurn;
  if (wanted >= limit) return limit;
  const space = /\s/g;
  space.lastIndex = wanted;
  const found = space.exec(text);
  return found === null ? limit : Math.min(found.index, limit);
}

function addWords(
  words: WordTable,
  text: string,
  span: TextRange,
  levels: Required<SpanLevels>,
  options: ReadOptions,
): void {
  // A slice, since in a language without spaces one run can be the whole document.
  const body = text.slice(span.start, span.end);
  let previousEnd = 0;
  for (const match of body.matchAll(/\S+/g)) {
    const gap = body.slice(previousEnd, match.index);
    let level = levels.word;
    if (previousEnd === 0) level = levels.first;
    else if (gap.includes('\n')) level = levels.line;
    const before = text.charAt(span.start + match.index - 1);
    if (before !== '\n' && before !== '\r' && startsWithMark(match[0])) level = breakLevel.inside;
    addWord(words, match[0], span.start + match.index, level, options);
    previousEnd = match.index + match[0].length;
  }
}

/** An accent after a space belongs to the space: both are one grapheme cluster. */
function startsWithMark(word: string): boolean {
  return word.charCodeAt(0) >= 0x300 && /^[\p{M}\u200d]/u.test(word);
}

function addWord(
  words: WordTable,
  word: string,
  start: number,
  level: BreakLevel,
  options: ReadOptions,
): void {
  const weight = word.length > maxWordCharacters ? Number.POSITIVE_INFINITY : weigh(word, options.tokenizer);
  if (weight <= options.maxWordWeight) {
    words.add(start, start + word.length, weight, level);
    return;
  }
  let partLevel = level;
  for (const part of splitWord(word, options.tokenizer, options.maxWordWeight)) {
    if (part.start > 0) partLevel = part.isWordStart ? breakLevel.word : breakLevel.part;
    words.add(start + part.start, start + part.end, part.weight, partLevel);
  }
}
