import type { ReadBlock, ReadDocument } from './read-words.ts';

/** Neighbouring blocks that chunks may be made of together, as words [from, to). */
export interface Section {
  readonly from: number;
  readonly to: number;
}

/** A section below this part of a chunk is tiny: alone it would say little and match by chance. */
const tinyPart = 1 / 4;
/** Of a chunk, what merged tiny sections may fill: more of them would blur what each is about. */
const mergedPart = 1 / 2;

/**
 * Splits a document where its headings do. Two tiny sections, one below or beside the
 * other, go together, and headings without text of their own go with what they stand above.
 * @param room what a chunk holds, in weight
 */
export function sectionsOf(document: ReadDocument, room: number): Section[] {
  const sections: OpenSection[] = [];
  let open: OpenSection | undefined;
  for (const read of document.blocks) {
    if (open !== undefined && continues(open, read)) {
      open.to = read.to;
      open.isHeadingOnly &&= read.block.kind === 'heading';
      open.last = read;
      continue;
    }
    open = {
      from: read.from,
      to: read.to,
      path: read.block.headingPath,
      isHeadingOnly: read.block.kind === 'heading',
      last: read,
    };
    sections.push(open);
  }
  return merged(sections, document, room);
}

interface OpenSection {
  from: number;
  to: number;
  readonly path: readonly string[];
  isHeadingOnly: boolean;
  last: ReadBlock;
}

function continues(section: OpenSection, next: ReadBlock): boolean {
  if (next.block.kind === 'heading') return false;
  const last = section.last.block;
  if (last.location?.sheet !== next.block.location?.sheet) return false;
  const path = next.block.headingPath;
  // Below a heading its own text is the innermost of the path.
  const isJustBelow = last.kind === 'heading' && path.length === last.headingPath.length + 1;
  return (isJustBelow || path.length === last.headingPath.length) && startsWith(path, last.headingPath);
}

function merged(sections: readonly OpenSection[], document: ReadDocument, room: number): Section[] {
  const result: OpenSection[] = [];
  for (const section of sections) {
    const before = result.at(-1);
    if (before !== undefined && goTogether(before, section, document, room)) {
      before.to = section.to;
      before.last = section.last;
      before.isHeadingOnly &&= section.isHeadingOnly;
    } else {
      result.push({ ...section });
    }
  }
  return result;
}

function goTogether(before: OpenSection, next: OpenSection, { words }: ReadDocument, room: number): boolean {
  if (before.last.block.location?.sheet !== next.last.block.location?.sheet) return false;
  if (before.isHeadingOnly) return true;
  return (
    startsWith(next.path, before.path) &&
    words.weight(before.from, before.to) < room * tinyPart &&
    words.weight(next.from, next.to) < room * tinyPart &&
    words.weight(before.from, next.to) <= room * mergedPart
  );
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.length <= path.length && start.every((part, at) => part === path[at]);
}
