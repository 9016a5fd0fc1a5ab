import type { Block, ParsedDocument } from '../../domain/parsed-document.ts';
import { cleanText } from './clean-text.ts';

/** Parses plain text: the text as it is, a paragraph wherever blank lines stand around. */
export function parseText(content: string): ParsedDocument {
  const text = cleanText(content);
  const blocks: Block[] = [];
  const headingPath: readonly string[] = [];
  // A paragraph is a run of lines that each hold something other than white space.
  for (const match of text.matchAll(/\S.*(?:\n[^\S\n]*\S.*)*/g)) {
    const body = match[0].trimEnd();
    blocks.push({ kind: 'paragraph', start: match.index, end: match.index + body.length, headingPath });
  }
  return { text, mediaType: 'text/plain', blocks };
}
