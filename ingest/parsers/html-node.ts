/** The part of the DOM that the parsers read; the library's own types need those of a browser. */
export interface HtmlNode {
  /** 1 element, 3 text, 9 document. */
  readonly nodeType: number;
  /** Upper case for HTML's elements, `#text` for text. */
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly firstChild: HtmlNode | null;
  readonly nextSibling: HtmlNode | null;
  readonly parentNode: HtmlNode | null;
}

export interface HtmlElement extends HtmlNode {
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<HtmlElement>;
}

export interface HtmlDocument extends HtmlNode {
  querySelectorAll(selector: string): Iterable<HtmlElement>;
}

export function isElement(node: HtmlNode): node is HtmlElement {
  return node.nodeType === 1;
}

/** The children of a node, walked by their links: a list of them would be built anew for each node. */
export function* childrenOf(node: HtmlNode): Iterable<HtmlNode> {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) yield child;
}

const invisible = new Set([
  'SCRIPT',
  'STYLE',
  'NOSCRIPT',
  'TEMPLATE',
  'HEAD',
  'TITLE',
  'META',
  'LINK',
  'SVG',
  'CANVAS',
  'IFRAME',
  'OBJECT',
  'EMBED',
  'AUDIO',
  'VIDEO',
  'MAP',
  'SELECT',
  'DATALIST',
  'INPUT',
  'TEXTAREA',
  'BUTTON',
  'DIALOG',
]);

const chromeRoles = new Set(['navigation', 'banner', 'contentinfo', 'search', 'menu', 'menubar', 'dialog']);

/** Whether an element is not shown to a reader, or is a control. */
export function isInvisible(element: HtmlElement): boolean {
  return isUnwritten(element) || isHidden(element);
}

/** Whether an element is a control or no text at all, or is kept from those to whom the page is read. */
export function isUnwritten(element: HtmlElement): boolean {
  return invisible.has(element.nodeName.toUpperCase()) || element.getAttribute('aria-hidden') === 'true';
}

/** Whether an element's own attributes hide it from who sees the page. */
export function isHidden(element: HtmlElement): boolean {
  if (element.getAttribute('hidden') !== null) return true;
  const style = element.getAttribute('style') ?? '';
  return unseen.test(style) || isWhiteOnWhite(element, style);
}

/** Not shown, without size, or without colour; `0.5em` has a size. */
const unseen =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?:\.0+)?(?![.\d])|color\s*:\s*transparent)/i;
const white = /(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)/i;

/** White text is hidden where nothing above it can give it another ground: no background, and no name for a style sheet. */
function isWhiteOnWhite(element: HtmlElement, style: string): boolean {
  if (!white.test(style) && !/^(?:white|#fff(?:fff)?)$/i.test(element.getAttribute('color') ?? ''))
    return false;
  for (let node: HtmlNode | null = element; node !== null && isElement(node); node = node.parentNode) {
    if (/background/i.test(node.getAttribute('style') ?? '') || node.getAttribute('bgcolor') !== null)
      return false;
    const id = node.getAttribute('id');
    // What finds the article puts an element of its own around it.
    if (id?.startsWith('readability-')) continue;
    // The library gives an element without a class an empty one.
    if ((id ?? '') !== '' || (node.getAttribute('class') ?? '') !== '') return false;
  }
  return true;
}

/** Whether an element belongs to the site and not to the page: navigation, footers, banners. */
export function isChrome(element: HtmlElement): boolean {
  const role = element.getAttribute('role');
  if (role !== null && chromeRoles.has(role)) return true;
  const name = element.nodeName.toUpperCase();
  if (name === 'NAV') return true;
  return (name === 'FOOTER' || name === 'ASIDE') && !isInside(element, ['MAIN', 'ARTICLE']);
}

function isInside(element: HtmlElement, names: readonly string[]): boolean {
  for (let above = element.parentNode; above !== null; above = above.parentNode) {
    if (names.includes(above.nodeName.toUpperCase())) return true;
  }
  return false;
}
