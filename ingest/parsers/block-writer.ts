import type { ChunkLocation } from '../../domain/chunk.ts';
import { DocumentRefused } from '../../domain/errors.ts';
import type { HiddenTextFlag } from '../../domain/hidden-text.ts';
import { linkLimits, linkTarget } from '../../domain/links.ts';
import type { Block, ParsedDocument } from '../../domain/parsed-document.ts';
import { cleanText, oneLine } from './clean-text.ts';

const maxTextCharacters = 50_000_000;
const maxBlocks = 500_000;
const maxTitleCharacters = 300;
/** What is longer was marked up as a heading but is prose, and would fill the context of each chunk below it. */
const maxHeadingCharacters = 300;

/**
 * Builds a parsed document block by block and keeps its invariants: blocks rise, do not overlap, and only white
 * space stands between them. Texts are cleaned, and blocks without any are left out.
 */
export interface BlockWriter {
  /** @param level 1 to 6 */
  heading(level: number, text: string): void;
  block(kind: 'paragraph' | 'list' | 'code', text: string): void;
  /**
   * Writes a table in Markdown; empty rows are left out.
   * @param header a line of `tableLine`, as the rows are; empty where there is none
   */
  table(header: string, rows: readonly string[]): void;
  /** Notes where a link leads, as written; the first of them are kept. */
  link(address: string, base?: string): void;
  /** Notes that something was left out which no reader sees. */
  flag(flag: HiddenTextFlag): void;
  /** Sets where the blocks that follow stand. */
  locate(location: ChunkLocation): void;
  readonly location: ChunkLocation | undefined;
  readonly isEmpty: boolean;
  /** The first heading of level 1. */
  readonly firstHeading: string | undefined;
  /** @throws {DocumentRefused} `empty` when no block was written */
  finish(document: { readonly mediaType: string; readonly title?: string | undefined }): ParsedDocument;
}

export function createBlockWriter(): BlockWriter {
  const parts: string[] = [];
  const blocks: Block[] = [];
  const links = new Set<string>();
  const flags = new Set<HiddenTextFlag>();
  const headings: { readonly level: number; readonly text: string }[] = [];
  // One array for all blocks below the same headings: it is sent between processes once.
  let headingPath: readonly string[] = [];
  let location: ChunkLocation | undefined;
  let length = 0;
  let firstHeading: string | undefined;

  function append(text: string, block: Omit<Block, 'start' | 'end' | 'headingPath'>): number {
    const separator = parts.length === 0 ? '' : '\n\n';
    const start = length + separator.length;
    parts.push(separator, text);
    length = start + text.length;
    if (length > maxTextCharacters || blocks.length >= maxBlocks) {
      throw new DocumentRefused(
        'too_large',
        `Cannot parse the document: expected at most ${maxTextCharacters} characters of text in ${maxBlocks} blocks`,
      );
    }
    blocks.push({ ...block, start, end: length, headingPath, ...(location && { location }) });
    return start;
  }

  return {
    get firstHeading() {
      return firstHeading;
    },
    get isEmpty() {
      return blocks.length === 0;
    },
    get location() {
      return location;
    },

    heading(level, text) {
      const line = oneLine(text);
      if (line === '') return;
      if (line.length > maxHeadingCharacters) {
        append(line, { kind: 'paragraph' });
        return;
      }
      while (headings.length > 0 && headings.at(-1)!.level >= level) headings.pop();
      headingPath = headings.map((heading) => heading.text);
      append(line, { kind: 'heading', level });
      headings.push({ level, text: line });
      headingPath = headings.map((heading) => heading.text);
      if (level === 1) firstHeading ??= line;
    },

    block(kind, text) {
      const body = trimBlankLines(cleanText(text));
      if (body !== '') append(body, { kind });
    },

    table(header, rows) {
      const headerLine = oneLine(header);
      const lines = rows.map(oneLine).filter((row) => row !== '');
      if (lines.length === 0) {
        if (headerLine !== '') append(headerLine, { kind: 'paragraph' });
        return;
      }
      const head = headerLine === '' ? '' : `${headerLine}\n${delimiterRow(headerLine)}`;
      const starts: number[] = [];
      let at = head === '' ? 0 : head.length + 1;
      for (const line of lines) {
        starts.push(at);
        at += line.length + 1;
      }
      const start = length + (parts.length === 0 ? 0 : 2);
      append(head === '' ? lines.join('\n') : `${head}\n${lines.join('\n')}`, {
        kind: 'table',
        table: { header: head, rows: starts.map((offset) => start + offset) },
      });
    },

    link(address, base) {
      const target = links.size < linkLimits.links ? linkTarget(address, base) : undefined;
      if (target !== undefined) links.add(target);
    },

    flag(flag) {
      flags.add(flag);
    },

    locate(next) {
      location = next;
    },

    finish({ mediaType, title }) {
      if (blocks.length === 0) {
        throw new DocumentRefused('empty', 'Cannot parse the document: it contains no text');
      }
      const titleLine = shorten(oneLine(title ?? ''));
      return {
        text: parts.join(''),
        mediaType,
        blocks,
        ...(titleLine !== '' && { title: titleLine }),
        ...(links.size > 0 && { links: [...links] }),
        ...(flags.size > 0 && { flags: [...flags] }),
      };
    },
  };
}

/** A table's row as a line of Markdown, `| a | b |`; empty cells at its end are left out, and of none it is empty. */
export function tableLine(cells: readonly string[]): string {
  const filled = cells.findLastIndex((cell) => cell.trim() !== '');
  if (filled === -1) return '';
  const shown = cells.slice(0, filled + 1).map((cell) => cell.trim().replaceAll('|', '\\|'));
  return `| ${shown.join(' | ')} |`;
}

/** What makes the line above it a header in Markdown; short, since it is repeated with each chunk. */
function delimiterRow(header: string): string {
  return `|${'-|'.repeat(Math.max(1, header.split(/(?<!\\)\|/).length - 2))}`;
}

/** Removes blank lines at both ends and white space at the end, and keeps the first line's indentation. */
function trimBlankLines(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
}

function shorten(title: string): string {
  return title.length <= maxTitleCharacters ? title : title.slice(0, maxTitleCharacters).toWellFormed();
}
