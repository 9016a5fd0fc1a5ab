import type { ContentBlock } from '@aws-sdk/client-bedrock-runtime';
import { sentences } from '../../domain/sentences.ts';
import type { Passage } from '../language-model.ts';

/** [start, end) of a passage's text; undefined: its context, which cannot be quoted. */
type Piece = readonly [start: number, end: number] | undefined;

/** Of a passage in which a reader sees nothing: Bedrock refuses a whole request for one piece without text. */
const nothing = '(no text)';

/** Passages as search results, and the way back from a place in them to a passage's own words. */
export interface CitedPassages {
  readonly blocks: readonly ContentBlock[];
  /** What stands at this place; undefined where there is nothing that can be quoted. */
  resolve(citation: GivenCitation): { readonly passage: number; readonly quote: string } | undefined;
}

/** A citation as Converse gives it, whole or as a delta. */
export interface GivenCitation {
  readonly location?:
    | {
        readonly searchResultLocation?: {
          readonly searchResultIndex?: number | undefined;
          readonly start?: number | undefined;
          readonly end?: number | undefined;
        };
      }
    | undefined;
  readonly sourceContent?: readonly { readonly text?: string | undefined }[] | undefined;
}

/** One search result a passage, one piece a sentence: a citation then names sentences, not the whole passage. */
export function citePassages(passages: readonly Passage[]): CitedPassages {
  const pieces = passages.map(piecesOf);
  return {
    blocks: passages.map(({ text, title, uri, context }, at) => ({
      searchResult: {
        source: shownOr(`passage ${at + 1}`, uri),
        title: shownOr(`Passage ${at + 1}`, title),
        content: pieces[at]!.map((piece) => ({
          text: piece === undefined ? shownOr(nothing, context) : text.slice(...piece),
        })),
        citations: { enabled: true },
      },
    })),
    resolve({ location, sourceContent }) {
      const {
        searchResultIndex: passage = -1,
        start = 0,
        end = start + 1,
      } = location?.searchResultLocation ?? {};
      const cited = pieces[passage]
        ?.slice(start, Math.max(end, start + 1))
        .filter((piece) => piece !== undefined);
      const [first, last] = [cited?.[0], cited?.at(-1)];
      if (first !== undefined && last !== undefined) {
        return { passage, quote: passages[passage]!.text.slice(first[0], last[1]) };
      }
      // Without a place in our pieces the words themselves may still be found.
      const quote = (sourceContent ?? [])
        .map(({ text }) => text ?? '')
        .join('')
        .trim();
      const found = quote === '' ? -1 : passages.findIndex(({ text }) => text.includes(quote));
      return found === -1 ? undefined : { passage: found, quote };
    },
  };
}

function piecesOf({ text, context }: Passage): Piece[] {
  const found = sentences(text)
    .map(([start, end]): readonly [number, number] => trimmed(text, start, end))
    .filter(([start, end]) => start < end);
  const hasContext = context !== undefined && context.trim() !== '';
  return hasContext || found.length === 0 ? [undefined, ...found] : found;
}

function shownOr(otherwise: string, text: string | undefined): string {
  return text === undefined || text.trim() === '' ? otherwise : text;
}

function trimmed(text: string, start: number, end: number): readonly [number, number] {
  const piece = text.slice(start, end);
  return [start + piece.length - piece.trimStart().length, end - (piece.length - piece.trimEnd().length)];
}
