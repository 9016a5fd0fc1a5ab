import type { BlockWriter } from './block-writer.ts';
import {
  childrenOf,
  type HtmlElement,
  type HtmlNode,
  isChrome,
  isElement,
  isInvisible,
} from './html-node.ts';
import { readTable } from './html-table.ts';
import { collapse, isBlock, visibleText } from './html-text.ts';

const bullet = '- ';

/**
 * Writes the visible text below a node as blocks. White space is collapsed as browsers do; a list is one block with
 * nested items indented, and headings, code and tables inside it are blocks of their own.
 * @param options.keepsChrome whether navigation and footers are written too
 */
export function writeHtmlBlocks(
  writer: BlockWriter,
  root: HtmlNode,
  options: { readonly keepsChrome: boolean },
): void {
  let inline = '';
  let listLines: string[] = [];
  let listDepth = 0;
  let marker = '';

  const flushInline = (): void => {
    const text = tidy(inline);
    inline = '';
    if (text === '') return;
    if (listDepth === 0) {
      writer.block('paragraph', text);
      return;
    }
    const indent = '  '.repeat(listDepth - 1);
    listLines.push(`${indent}${marker || '  '}${text.replaceAll('\n', `\n${indent}  `)}`);
    marker = '';
  };

  const flush = (): void => {
    flushInline();
    if (listLines.length > 0) writer.block('list', listLines.join('\n'));
    listLines = [];
  };

  const walkChildren = (node: HtmlNode): void => {
    for (const child of childrenOf(node)) walk(child);
  };

  const walkList = (list: HtmlElement): void => {
    flushInline();
    listDepth++;
    let number = Number.parseInt(list.getAttribute('start') ?? '1', 10) || 1;
    for (const item of childrenOf(list)) {
      const name = item.nodeName.toUpperCase();
      if (name === 'LI') marker = list.nodeName.toUpperCase() === 'OL' ? `${number++}. ` : bullet;
      else if (name === 'DT') marker = bullet;
      walk(item);
      flushInline();
    }
    marker = '';
    listDepth--;
    if (listDepth === 0) flush();
  };

  const walkTable = (table: HtmlElement): void => {
    flush();
    const layout = readTable(table);
    if (layout === undefined) {
      walkChildren(table);
      flush();
      return;
    }
    if (layout.caption !== '') writer.block('paragraph', layout.caption);
    writer.table(layout.header, layout.rows);
  };

  const walk = (node: HtmlNode): void => {
    if (node.nodeType === 3) {
      inline += collapse(node.textContent ?? '');
      return;
    }
    if (!isElement(node)) {
      if (node.nodeType === 9 || node.nodeType === 11) walkChildren(node);
      return;
    }
    if (isInvisible(node) || (!options.keepsChrome && node !== root && isChrome(node))) return;
    const name = node.nodeName.toUpperCase();
    if (name === 'BR') inline += '\n';
    else if (/^H[1-6]$/.test(name)) {
      flush();
      writer.heading(Number(name[1]), visibleText(node));
    } else if (name === 'PRE') {
      flush();
      writer.block('code', preformattedText(node));
    } else if (name === 'TABLE') walkTable(node);
    else if (name === 'UL' || name === 'OL' || name === 'MENU' || name === 'DL') walkList(node);
    else if (isBlock(node)) {
      flushInline();
      walkChildren(node);
      flushInline();
    } else walkChildren(node);
  };

  walk(root);
  flush();
}

function preformattedText(node: HtmlNode): string {
  let text = '';
  for (const child of childrenOf(node)) {
    if (child.nodeType === 3) text += child.textContent ?? '';
    else if (child.nodeName.toUpperCase() === 'BR') text += '\n';
    else if (isElement(child) && !isInvisible(child)) text += preformattedText(child);
  }
  return text;
}

function tidy(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/ +/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}
