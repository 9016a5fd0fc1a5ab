import { type BlockWriter, tableLine } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { isHeaderRow } from './table-header.ts';

/** Puts text and the control words between it together into paragraphs, lists and tables. */
export interface RtfParagraphs {
  text(text: string): void;
  /** Any control word; those that end or describe a paragraph count. */
  word(name: string, value: number | undefined): void;
  /** The paragraph is an item of a list. */
  item(): void;
  /** Paragraphs of this style are headings. */
  headingStyle(style: number, level: number): void;
  end(): void;
}

export function createRtfParagraphs(writer: BlockWriter): RtfParagraphs {
  const styles = new Map<number, number>();
  let paragraph = '';
  let level: number | undefined;
  let isItem = false;
  let isInTable = false;
  let cells: string[] = [];
  let rows: string[][] = [];
  let list: string[] = [];

  const endList = (): void => {
    writer.block('list', list.join('\n'));
    list = [];
  };
  const endTable = (): void => {
    if (cells.length > 0) rows.push(cells);
    cells = [];
    if (rows.length === 0) return;
    const lines = rows.map(tableLine);
    const header = rows.length > 1 && isHeaderRow(rows[0]!, rows[1]!) ? lines.shift()! : '';
    writer.table(header, lines);
    rows = [];
  };
  const endParagraph = (): void => {
    const text = paragraph;
    paragraph = '';
    if (text.trim() === '') return;
    endTable();
    if (isItem) {
      list.push(`- ${oneLine(text)}`);
      return;
    }
    endList();
    if (level === undefined) writer.block('paragraph', text);
    else writer.heading(level, text);
  };

  return {
    text(text) {
      paragraph += text;
    },
    item() {
      isItem = true;
    },
    headingStyle(style, styleLevel) {
      styles.set(style, Math.min(Math.max(styleLevel, 1), 6));
    },
    word(name, value) {
      switch (name) {
        case 'par':
        case 'sect':
        case 'page':
          if (isInTable) paragraph += '\n';
          else endParagraph();
          isItem = false;
          return;
        case 'pard':
          level = undefined;
          isItem = false;
          isInTable = false;
          return;
        case 'intbl':
          isInTable = true;
          return;
        case 'cell':
        case 'nestcell':
          endList();
          cells.push(oneLine(paragraph));
          paragraph = '';
          return;
        case 'row':
        case 'nestrow':
          if (cells.length > 0) rows.push(cells);
          cells = [];
          return;
        case 's':
          level = styles.get(value ?? 0);
          return;
        case 'outlinelevel':
          if (value !== undefined && value < 6) level = value + 1;
          return;
        case 'ls':
          isItem = true;
          return;
      }
    },
    end() {
      endParagraph();
      endTable();
      endList();
    },
  };
}
