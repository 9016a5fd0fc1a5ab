import { childrenOf, type HtmlNode, isElement, isInvisible } from './html-node.ts';

/** Elements that stand on lines of their own. */
const blockElements = new Set(
  `ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CAPTION CENTER DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM
  HEADER HGROUP HR HTML LEGEND LI MAIN MENU NAV OL P SECTION SUMMARY TBODY TD TFOOT TH THEAD TR UL`.split(
    /\s+/,
  ),
);

/** Whether a paragraph ends before and after the element. */
export function isBlock(node: HtmlNode): boolean {
  return blockElements.has(node.nodeName.toUpperCase());
}

/** The visible text below a node as one run, with a space where a block or a line ends. */
export function visibleText(node: HtmlNode): string {
  let text = '';
  const add = (child: HtmlNode): void => {
    if (child.nodeType === 3) text += collapse(child.textContent ?? '');
    else if (isElement(child) && !isInvisible(child)) {
      const ends = isBlock(child) || /^(?:BR|PRE|H[1-6])$/i.test(child.nodeName);
      if (ends) text += ' ';
      for (const grandchild of childrenOf(child)) add(grandchild);
      if (ends) text += ' ';
    }
  };
  for (const child of childrenOf(node)) add(child);
  return text.replace(/\s+/g, ' ').trim();
}

/** White space as browsers show it, without the marks for places where a word may be divided. */
export function collapse(text: string): string {
  return text.replace(/[\u00ad\u200b\ufeff]+/g, '').replace(/[ \t\n\r\f\u00a0]+/g, ' ');
}
