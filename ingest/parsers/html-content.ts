import {
  childrenOf,
  type HtmlDocument,
  type HtmlNode,
  isChrome,
  isElement,
  isInvisible,
} from './html-node.ts';

/** Less than this share of the page's text is a teaser or a widget, not its content. */
const minShare = 0.3;
/** Below this share of text in links a page has little navigation to drop, and nothing is left to chance. */
const minLinkShare = 0.25;
/** A page with less text than this outside its navigation is an index. */
const minContentShare = 0.2;
/** What the article must keep of the text outside links. */
const minArticleShare = 0.7;

export interface MainContent {
  readonly root: HtmlNode;
  /** True where the page is hardly more than its navigation. */
  readonly keepsChrome: boolean;
}

/**
 * Finds the part of a page that is its content: `<main>`, a single `<article>`, or on pages full of links what
 * Readability finds; the whole page where these hold too little of its text.
 * @param readArticle asks Readability, for which the page must be read again
 */
export function findMainContent(
  document: HtmlDocument,
  readArticle: () => HtmlNode | undefined,
): MainContent {
  const whole = measure(document, false);
  if (whole.text < measure(document, true).text * minContentShare)
    return { root: document, keepsChrome: true };
  return { root: findRoot(document, whole, readArticle), keepsChrome: false };
}

function findRoot(document: HtmlDocument, whole: Measure, readArticle: () => HtmlNode | undefined): HtmlNode {
  for (const selector of ['main, [role=main]', 'article']) {
    const marked = [...document.querySelectorAll(selector)];
    if (marked.length === 1 && measure(marked[0]!, false).text >= whole.text * minShare) return marked[0]!;
  }
  if (whole.linkText < whole.text * minLinkShare) return document;
  const article = readArticle();
  if (article === undefined) return document;
  const kept = measure(article, false);
  const isMost = kept.text - kept.linkText >= (whole.text - whole.linkText) * minArticleShare;
  return isMost ? article : document;
}

interface Measure {
  /** Characters of visible text, white space aside. */
  readonly text: number;
  /** How many of them stand in links. */
  readonly linkText: number;
}

function measure(root: HtmlNode, keepsChrome: boolean): Measure {
  let text = 0;
  let linkText = 0;
  const add = (node: HtmlNode, inLink: boolean): void => {
    if (node.nodeType === 3) {
      const length = (node.textContent ?? '').replace(/\s+/g, '').length;
      text += length;
      if (inLink) linkText += length;
      return;
    }
    if (isElement(node) && node !== root && (isInvisible(node) || (!keepsChrome && isChrome(node)))) return;
    const isLink = inLink || node.nodeName.toUpperCase() === 'A';
    for (const child of childrenOf(node)) add(child, isLink);
  };
  add(root, false);
  return { text, linkText };
}
