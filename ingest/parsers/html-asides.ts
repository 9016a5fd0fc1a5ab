import type { BlockWriter } from './block-writer.ts';
import {
  childrenOf,
  type HtmlElement,
  type HtmlNode,
  isChrome,
  isElement,
  isHidden,
  isInvisible,
  isUnwritten,
} from './html-node.ts';

/**
 * Notes where the links that are shown lead.
 * @param options.base address that relative links start from
 * @param options.isAbsoluteOnly whether relative links lead nowhere, as in a mail
 */
export function noteLinks(
  writer: BlockWriter,
  root: HtmlNode,
  options: { readonly keepsChrome: boolean; readonly base?: string; readonly isAbsoluteOnly?: boolean },
): void {
  const leadsNowhere = (address: string): boolean => {
    if (options.isAbsoluteOnly) return !/^\s*[a-z][a-z\d+.-]*:/i.test(address);
    // What finds the article makes addresses of places within the page.
    return options.base !== undefined && address.startsWith(`${options.base}#`);
  };
  const walk = (node: HtmlNode): void => {
    if (isElement(node)) {
      if (isInvisible(node) || (!options.keepsChrome && node !== root && isChrome(node))) return;
      const address = node.nodeName.toUpperCase() === 'A' ? node.getAttribute('href') : null;
      if (address !== null && !leadsNowhere(address)) writer.link(address, options.base);
    }
    for (const child of childrenOf(node)) walk(child);
  };
  walk(root);
}

/** Flags a page whose own styles hide text. */
export function noteHidden(writer: BlockWriter, root: HtmlNode): void {
  const holdsHidden = (node: HtmlNode): boolean => {
    if (isElement(node)) {
      if (isUnwritten(node)) return false;
      if (isHidden(node)) return holdsText(node);
    }
    for (const child of childrenOf(node)) if (holdsHidden(child)) return true;
    return false;
  };
  if (holdsHidden(root)) writer.flag('hidden_text');
}

function holdsText(element: HtmlElement): boolean {
  for (const child of childrenOf(element)) {
    if (child.nodeType === 3 && /\S/.test(child.textContent ?? '')) return true;
    if (isElement(child) && !isUnwritten(child) && holdsText(child)) return true;
  }
  return false;
}
