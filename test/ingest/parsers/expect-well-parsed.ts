import { expect } from 'vitest';
import type { ParsedDocument } from '../../../domain/parsed-document.ts';

/** Asserts what holds for each parsed document, whatever it was made of. */
export function expectWellParsed({ text, blocks, title }: ParsedDocument): void {
  expect(text.isWellFormed()).toBe(true);
  expect(text).not.toMatch(/[\p{Cc}--[\t\n]]/v);
  expect(title ?? '').not.toMatch(/\n/);
  expect(blocks.length).toBeGreaterThan(0);
  let end = 0;
  for (const block of blocks) {
    expect(block.start).toBeGreaterThanOrEqual(end);
    expect(text.slice(end, block.start)).not.toMatch(/\S/);
    expect(text.slice(block.start, block.end)).toMatch(/\S/);
    if (block.kind === 'heading') expect(block.level).toBeGreaterThanOrEqual(1);
    if (block.table !== undefined) {
      const { header, rows } = block.table;
      expect(text.startsWith(header, block.start)).toBe(true);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows[0]).toBe(block.start + (header === '' ? 0 : header.length + 1));
      rows.forEach((row, at) => {
        expect(row).toBeGreaterThan(at === 0 ? block.start - 1 : rows[at - 1]!);
        if (at > 0) expect(text[row - 1]).toBe('\n');
      });
      expect(rows.at(-1)).toBeLessThan(block.end);
    }
    end = block.end;
  }
  expect(end).toBeLessThanOrEqual(text.length);
  expect(text.slice(end)).not.toMatch(/\S/);
}

/** One line a block: its kind, its headings, its text; of a table the cells, without the bars at its sides. */
export function outline({ text, blocks }: ParsedDocument): string[] {
  return blocks.map((block) => {
    const path = block.headingPath.length > 0 ? ` (${block.headingPath.join(' > ')})` : '';
    const written = text.slice(block.start, block.end);
    return `${block.kind}${block.level ?? ''}${path}: ${block.table === undefined ? written : cellsOf(written)}`;
  });
}

function cellsOf(table: string): string {
  return table.replace(/^\|(?:-\|)+\n/m, '').replace(/^\| | \|$/gm, '');
}
