import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

/** Hosts that links of an answer may lead to; a subdomain of one counts as the host. */
export type LinkHosts = ReadonlySet<string>;

/** What stands in place of an address that leads elsewhere. */
export const removedAddress = '(link removed)';

/** What is read of a node of Markdown, whatever its type. */
interface MarkdownNode {
  readonly type: string;
  readonly url?: string;
  readonly value?: string;
  readonly alt?: string | null;
  readonly children?: readonly MarkdownNode[];
  readonly position?: { readonly end: { readonly offset?: number | undefined } } | undefined;
}

export interface RemovedLinks {
  readonly replacement: string;
  readonly count: number;
}

/** The hosts that passages come from, and those that are always allowed. */
export function linkHosts(uris: readonly (string | undefined)[], always: readonly string[]): LinkHosts {
  const hosts = uris.map((uri) => (uri === undefined ? undefined : hostOf(uri)));
  return new Set([
    ...hosts.filter((host) => host !== undefined),
    ...always.map((host) => host.toLowerCase()),
  ]);
}

/**
 * Takes out the links and images of a piece of Markdown that lead elsewhere, and keeps their words. What has none is
 * left as it is.
 * @param piece one construct: a link, an image, a definition, a tag, a bare address
 * @returns undefined where there is nothing to take out
 */
export function removeForeignLinks(piece: string, hosts: LinkHosts): RemovedLinks | undefined {
  const root = parse(piece);
  const count = countForeign(root, hosts);
  if (count === 0) return undefined;
  // Without brackets: what is left must not make a link with what stands around it.
  const words = wordsOf(root, hosts).replace(/[[\]<>]/g, '');
  // Nor may the brackets have been what kept it from being one.
  const isClean = countForeign(parse(words), hosts) === 0;
  return { replacement: isClean ? words : removedAddress, count };
}

/** How much of a text that begins with an address is the address: without the punctuation behind it. */
export function addressLength(text: string): number {
  const [block] = parse(text).children ?? [];
  const [first] = block?.children ?? [];
  if (first?.type === 'link' && first.position?.end.offset !== undefined) return first.position.end.offset;
  return text.replace(/[.,;:!?)'"*_~\]]+$/, '').length;
}

/** Whether an address leads where it may: to a host of the passages, to this machine, or to a place in the page. */
export function isAllowedAddress(address: string, hosts: LinkHosts, isImage = false): boolean {
  const trimmed = address.trim();
  if (!isImage && trimmed.startsWith('#')) return true;
  const withScheme = /^www\./i.test(trimmed) ? `http://${trimmed}` : trimmed;
  // With a scheme alone: beside a base of its own scheme `https:host` counts as relative.
  const base = /^[a-z][a-z0-9+.-]*:/i.test(withScheme) ? undefined : 'https://relative.invalid/';
  const url = URL.parse(withScheme, base);
  if (url === null) return false;
  // A relative image is fetched from whoever shows the answer; a relative link is followed by hand.
  if (url.hostname === 'relative.invalid') return !isImage && url.protocol === 'https:';
  if (url.protocol === 'mailto:')
    return url.search === '' && isAllowedHost(url.pathname.split('@').at(-1) ?? '', hosts);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  return isLoopback(url.hostname) || isAllowedHost(url.hostname, hosts);
}

function isAllowedHost(host: string, hosts: LinkHosts): boolean {
  for (let name = host.toLowerCase(); name.includes('.') || hosts.has(name); ) {
    if (hosts.has(name)) return true;
    name = name.slice(name.indexOf('.') + 1);
  }
  return false;
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
}

function hostOf(uri: string): string | undefined {
  const url = URL.parse(uri);
  return url !== null && /^https?:$/.test(url.protocol) ? url.hostname : undefined;
}

function parse(text: string): MarkdownNode {
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }) as MarkdownNode;
}

function countForeign(node: MarkdownNode, hosts: LinkHosts): number {
  const below = (node.children ?? []).reduce((sum, child) => sum + countForeign(child, hosts), 0);
  return below + (isForeign(node, hosts) ? 1 : 0);
}

function isForeign({ type, url, value }: MarkdownNode, hosts: LinkHosts): boolean {
  if (type === 'html') return isActiveTag(value ?? '');
  return url !== undefined && !isAllowedAddress(url, hosts, type === 'image');
}

/** A tag that fetches or leads somewhere, or runs something; `<T>` in a sentence about code does not. */
export function isActiveTag(tag: string): boolean {
  return (
    /\b(?:src|srcset|href|action|formaction|poster|data|background|style|xlink:href|on[a-z]+)\s*=/i.test(
      tag,
    ) ||
    /^<\/?(?:script|style|iframe|object|embed|link|meta|base|form|img|image|svg|video|audio|a)\b/i.test(tag)
  );
}

/** The words of a node, without those addresses that lead elsewhere. */
function wordsOf(node: MarkdownNode, hosts: LinkHosts): string {
  if (node.type === 'image') return node.alt ?? '';
  if (node.type === 'html') return isActiveTag(node.value ?? '') ? '' : (node.value ?? '');
  if (node.type === 'definition') return '';
  if (node.children === undefined) return node.value ?? '';
  const words = node.children.map((child) => wordsOf(child, hosts)).join('');
  if (node.type !== 'link' || !isForeign(node, hosts)) return words;
  // An address that is its own words would stay one.
  return /:\/\/|^www\./i.test(words) || node.url === words ? removedAddress : words;
}
