import type { Block, ParsedDocument } from '../../domain/parsed-document.ts';
import type { Parser } from '../../ingest/parse.ts';
import { parseText } from '../../ingest/parsers/text.ts';

/** ` = Title = `, ` = = Section = = `: how the texts of WikiText mark their headings. */
const headingLine = /^ ((?:= )+)([^\s=].*?) (?:= ?)+\s*$/;

/** Reads a file as the text that it is, so that marked places hold, with the headings that WikiText marks. */
export function parsePlainText(content: string): ParsedDocument {
  const parsed = parseText(content);
  const path: string[] = [];
  const blocks = parsed.blocks.flatMap((block) => linesWithHeadings(parsed.text, block, path));
  return { ...parsed, blocks };
}

/** The parser of the benchmark: it has no files of other kinds, and needs no process of its own. */
export const plainTextParser: Parser = {
  recipe: 'benchmark-1',
  parse: async ({ content }) => parsePlainText(Buffer.from(content).toString()),
  close: async () => {},
};

/** A paragraph of the plain-text parser, cut where a line of it is a heading; `path` is carried on. */
function linesWithHeadings(text: string, block: Block, path: string[]): Block[] {
  const blocks: Block[] = [];
  let open: { start: number; end: number } | undefined;
  const close = () => {
    if (open !== undefined) blocks.push({ kind: 'paragraph', ...open, headingPath: [...path] });
    open = undefined;
  };
  // The paragraph begins at its first letter; a heading's line begins one space before.
  const from = block.start > 0 && text[block.start - 1] === ' ' ? block.start - 1 : block.start;
  let lineStart = from;
  while (lineStart < block.end) {
    const lineBreak = text.indexOf('\n', lineStart);
    const lineEnd = lineBreak === -1 || lineBreak > block.end ? block.end : lineBreak;
    const line = text.slice(lineStart, lineBreak === -1 ? text.length : lineBreak);
    const found = headingLine.exec(line);
    const start = lineStart + (line.length - line.trimStart().length);
    const end = lineStart + line.trimEnd().length;
    if (found !== null) {
      close();
      const level = found[1]!.length / 2;
      path.length = Math.min(path.length, level - 1);
      blocks.push({ kind: 'heading', start, end, headingPath: [...path], level: Math.min(level, 6) });
      path.push(found[2]!);
    } else if (end > start) {
      open = { start: open?.start ?? start, end };
    }
    lineStart = lineEnd + 1;
  }
  close();
  return blocks;
}
