import type { TextSplitter } from '@langchain/textsplitters';
import { InvalidConfiguration } from '../../domain/errors.ts';
import type { CustomChunking, TextRange } from './strategy.ts';

/**
 * A LangChain text splitter as custom chunking.
 * @param id names the splitter and its parameters: another id cuts stored documents anew
 */
export function fromLangChain(splitter: TextSplitter, id: string): CustomChunking {
  return {
    strategy: 'custom',
    id,
    split: async ({ text }) => locatePieces(text, await splitter.splitText(text), id),
  };
}

/**
 * Finds the pieces of a splitter, which gives text alone, in what it was given. Where a piece occurs more than once
 * it takes the last place that leaves no gap behind the piece before and room for those after: in a repetitive text
 * too all of it stays covered.
 * @throws {InvalidConfiguration} for a splitter that changes the text
 */
export function locatePieces(text: string, pieces: readonly string[], id: string): TextRange[] {
  const parts = pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
  const latest = latestStarts(text, parts, id);
  const ranges: TextRange[] = [];
  let previousStart = 0;
  let previousEnd = 0;
  for (const [at, part] of parts.entries()) {
    const gapless = previousEnd + leadingSpace(text, previousEnd);
    let start = text.lastIndexOf(part, Math.min(gapless, latest[at]!));
    // A splitter may drop its separators; then the piece is the next such text.
    if (start < previousStart) start = text.indexOf(part, previousEnd);
    // Behind a piece that lost white space at its start, one more letter can begin at the same place.
    if (start === -1) start = text.indexOf(part, previousStart);
    ranges.push({ start, end: start + part.length });
    previousStart = start;
    previousEnd = Math.max(previousEnd, start + part.length);
  }
  return ranges;
}

/** For each piece the last place that lets all pieces behind it have theirs. */
function latestStarts(text: string, parts: readonly string[], id: string): number[] {
  const latest: number[] = new Array(parts.length);
  let limit = text.length;
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    const found = text.lastIndexOf(parts[at]!, limit);
    if (found === -1) {
      throw new InvalidConfiguration(
        'ingest.chunking',
        `Cannot chunk by "${id}": piece ${at + 1} of ${parts.length} does not stand in the document as it is`,
      );
    }
    latest[at] = found;
    limit = found;
  }
  return latest;
}

function leadingSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text.charAt(at))) at += 1;
  return at - from;
}
