import type { Block } from './report-parts.ts';

/** The report as Markdown; of charts it has the titles, since their values stand in the tables and in the JSON. */
export function toMarkdown(title: string, verdict: string, blocks: readonly Block[]): string {
  return `${[`# ${inline(title)}`, `**${inline(verdict)}**`, ...blocks.map(toText)].filter((part) => part !== '').join('\n\n')}\n`;
}

function toText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `## ${inline(block.text)}`;
    case 'text':
      return inline(block.text);
    case 'list':
      return block.items.map((item) => `- ${inline(item)}`).join('\n');
    case 'table':
      return [block.columns, block.columns.map(() => '---'), ...block.rows]
        .map((cells) => `| ${cells.map(cell).join(' | ')} |`)
        .join('\n');
    case 'chart':
      return `*Chart in report.html: ${inline(block.title)}*`;
    case 'fold':
      return [`### ${inline(block.title)}`, ...block.blocks.map(toText)].join('\n\n');
    case 'columns':
      return [...block.left, ...block.right].map(toText).join('\n\n');
  }
}

/**
 * Text of queries and documents stays text: nothing of it becomes a link, an image, a list or other markup, also where a
 * bare address becomes a link by itself and dollars enclose a formula, as on GitHub.
 */
function inline(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>#|!~$&@]/g, '\\$&')
    .replaceAll(/:(?=\/\/)|(?<=\bwww)\./gi, '\\$&')
    .replace(/^([-+=](?=[ \-=]|$)|\d+[.)](?= |$))/, (mark) => `${mark.slice(0, -1)}\\${mark.slice(-1)}`);
}

function cell(text: string): string {
  return text === '---' ? text : inline(text);
}
