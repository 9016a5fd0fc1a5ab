import { type BreakLevel, breakLevel, type WordTable } from './word-table.ts';

/** A chunk as words, [from, to) in the table. */
export interface Packed {
  readonly from: number;
  readonly to: number;
  /** As `measure` gave them. */
  readonly tokens: number;
}

export interface PackOptions {
  /** Of a chunk, as `measure` counts. */
  readonly maxTokens: number;
  /** Weight that text may have in a chunk that starts at the word. */
  readonly room: (from: number) => number;
  /** Exact tokens of a chunk, with all that is embedded around its text. */
  readonly measure: (from: number, to: number) => number;
  /** Weight that a chunk repeats of the one before it. */
  readonly overlap: number;
  /** True: chunks of about equal size, ending where meaning does. False: each as full as it gets. */
  readonly balanced: boolean;
}

/** What it costs to end a chunk there; 1 is as bad as a chunk of twice or none of the wanted size. */
const breakCost: Readonly<Record<BreakLevel, number>> = {
  [breakLevel.inside]: 64,
  [breakLevel.part]: 8,
  [breakLevel.word]: 4,
  [breakLevel.line]: 2,
  [breakLevel.codeLine]: 0.6,
  [breakLevel.sentence]: 0.2,
  [breakLevel.item]: 0.1,
  [breakLevel.block]: 0,
};

/** How full chunks are planned to be, so that their ends have some choice. */
const plannedFill = 0.9;

/** Packs the words [from, to) of a section into chunks, each at least one word further than the one before. */
export function* pack(words: WordTable, from: number, to: number, options: PackOptions): Generator<Packed> {
  let start = from;
  let covered = from;
  while (covered < to) {
    const limit = Math.max(words.reach(start, to, options.room(start)), covered + 1);
    const end = limit === to ? to : bestEnd(words, start, covered, limit, to, options);
    const packed = shrunk(words, start, covered, end, options);
    if (packed === undefined) {
      if (start === covered) {
        throw new RangeError(`Cannot fit one word into ${options.maxTokens} tokens`);
      }
      start += 1;
      while (start < covered && words.level(start) === breakLevel.inside) start += 1;
      continue;
    }
    yield packed;
    covered = packed.to;
    start = covered < to ? overlapStart(words, packed, options) : to;
  }
}

function bestEnd(
  words: WordTable,
  start: number,
  covered: number,
  limit: number,
  to: number,
  options: PackOptions,
): number {
  const room = options.room(start);
  const rest = words.weight(start, to);
  const wanted = options.balanced && rest > 0 ? rest / Math.ceil(rest / (room * plannedFill)) : room;
  let best = limit;
  let lowest = Number.POSITIVE_INFINITY;
  for (let end = covered + 1; end <= limit; end += 1) {
    const cost = breakCost[words.level(end)] + Math.abs(words.weight(start, end) - wanted) / wanted;
    if (cost > lowest) continue;
    lowest = cost;
    best = end;
  }
  return best;
}

/** Takes words off the end until the exact count fits: a tokenizer's counts of words need not add up. */
function shrunk(
  words: WordTable,
  start: number,
  covered: number,
  end: number,
  options: PackOptions,
): Packed | undefined {
  for (let to = end; to > covered; ) {
    const tokens = options.measure(start, to);
    if (tokens <= options.maxTokens) return { from: start, to, tokens };
    const share = options.maxTokens / tokens;
    to = Math.min(to - 1, start + Math.floor((to - start) * share));
    while (to > covered && words.level(to) === breakLevel.inside) to -= 1;
  }
  return undefined;
}

/** The first word of the chunk after `packed`: far enough back to repeat `overlap`, at a word where there is one. */
function overlapStart(words: WordTable, packed: Packed, options: PackOptions): number {
  if (options.overlap === 0) return packed.to;
  let start = packed.to;
  while (start - 1 > packed.from && words.weight(start - 1, packed.to) <= options.overlap) start -= 1;
  const earliest = start;
  while (start < packed.to && words.level(start) <= breakLevel.part) start += 1;
  if (start === packed.to) start = earliest;
  while (
    start < packed.to &&
    (words.level(start) === breakLevel.inside || words.weight(start, packed.to + 1) > options.room(start))
  ) {
    start += 1;
  }
  return start;
}
