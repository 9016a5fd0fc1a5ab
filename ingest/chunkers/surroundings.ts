import { headingLine } from '../../domain/chunk.ts';
import type { Block } from '../../domain/parsed-document.ts';
import type { Tokenizer } from '../../models/embedding-model.ts';
import { cutText } from './cut-text.ts';

/** What is embedded above a chunk's text: the heading line, and a table's header below which the chunk starts. */
export interface Surroundings {
  readonly headingPath: readonly string[];
  readonly heading: string;
  readonly context?: string;
  /** Of heading and context. */
  readonly tokens: number;
}

/** Gives each place of a document its surroundings, cut to a quarter of a chunk for the headings and one for a header. */
export interface SurroundingsReader {
  /** The title as it is embedded. */
  readonly title: string | undefined;
  /** @param start of the chunk, in `block` */
  at(block: Block, start: number): Surroundings;
  /** Under these headings, outside a table. */
  under(headingPath: readonly string[]): Surroundings;
}

export function createSurroundingsReader(options: {
  readonly title: string | undefined;
  readonly hasHeadings: boolean;
  /** False: the heading line stays empty, the path is kept. */
  readonly embedHeadings: boolean;
  readonly maxTokens: number;
  readonly tokenizer: Tokenizer;
}): SurroundingsReader {
  const { tokenizer } = options;
  const quarter = Math.floor(options.maxTokens / 4);
  // Where there are headings they keep half of the line.
  const title = cutTitle(options.title, options.hasHeadings ? Math.floor(quarter / 2) : quarter, tokenizer);
  const byPath = new Map<string, Surroundings>();
  const headers = new Map<Block, { readonly text: string; readonly tokens: number }>();

  const under = (headingPath: readonly string[]): Surroundings => {
    const key = JSON.stringify(headingPath);
    let known = byPath.get(key);
    if (known === undefined) {
      const path = cutPath(title, headingPath, quarter, tokenizer);
      const heading = options.embedHeadings ? headingLine(title, path) : '';
      known = { headingPath: path, heading, tokens: tokenizer.count(heading) };
      byPath.set(key, known);
    }
    return known;
  };
  const headerOf = (block: Block, header: string): { readonly text: string; readonly tokens: number } => {
    let known = headers.get(block);
    if (known === undefined) {
      const text = cutText(header, quarter, tokenizer);
      known = { text, tokens: tokenizer.count(text) };
      headers.set(block, known);
    }
    return known;
  };

  return {
    title,
    under,
    at(block, start) {
      const above = under(block.headingPath);
      if (block.table === undefined || start <= block.start) return above;
      const header = headerOf(block, block.table.header);
      if (header.text === '') return above;
      return { ...above, context: header.text, tokens: above.tokens + header.tokens };
    },
  };
}

function cutTitle(title: string | undefined, maxTokens: number, tokenizer: Tokenizer): string | undefined {
  const cut = title === undefined ? '' : cutText(title, maxTokens, tokenizer);
  return cut === '' ? undefined : cut;
}

/** Drops the outermost headings until the line fits, then the end of the innermost one. */
function cutPath(
  title: string | undefined,
  headingPath: readonly string[],
  maxTokens: number,
  tokenizer: Tokenizer,
): readonly string[] {
  const tokensOf = (path: readonly string[]): number => tokenizer.count(headingLine(title, path));
  let path = headingPath;
  while (path.length > 1 && tokensOf(path) > maxTokens) path = path.slice(1);
  for (let room = maxTokens; path.length > 0 && tokensOf(path) > maxTokens; room -= 1) {
    const innermost = cutText(path[0]!, room, tokenizer);
    path = innermost === '' ? [] : [innermost];
  }
  return path;
}
