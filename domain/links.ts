import { withoutCredentials } from './link-credentials.ts';

/** Each chunk of a document is found by its links, so that they are few: first come, first kept. */
export const linkLimits = { links: 100, linkBytes: 2_048, totalBytes: 8_192 } as const;

const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'ftp:', 'mailto:', 'tel:']);

/**
 * Where a link leads, as browsers read it, without credentials in its address; undefined where it leads nowhere a reader
 * should be sent: within the page, to scripts, data and files.
 * @param base address of the page; without one, or with one that is not of the web, what is relative stays as written
 */
export function linkTarget(given: string, base?: string): string | undefined {
  const address = given.replace(/[\t\n\r]+/g, '').trim();
  if (address === '' || address.startsWith('#') || Buffer.byteLength(address) > linkLimits.linkBytes) {
    return undefined;
  }
  const place = base !== undefined && /^https?:/i.test(base) ? base : undefined;
  if (place === undefined && !/^[a-z][a-z\d+.-]*:/i.test(address)) {
    return /[\p{C}\s\\<>"]|^\/\//u.test(address) ? undefined : withoutCredentials(address) || undefined;
  }
  const url = URL.parse(address, place);
  return url === null || !schemes.has(url.protocol) ? undefined : withoutCredentials(url.href);
}

/** Links of a document as its record keeps them. */
export interface KeptLinks {
  /** Their targets under the document's address, see `linkTargets`; absent: none. */
  readonly links?: readonly string[];
  /** As parsing found them, so that they can be read under another address; absent: as `links`. */
  readonly writtenLinks?: readonly string[];
}

/** Reads links under their document's address; `written` is what parsing found. */
export function keptLinks(written: readonly string[], uri: string | undefined): KeptLinks {
  const links = linkTargets(written, uri);
  const writtenLinks = linkTargets(written);
  const areSame =
    links.length === writtenLinks.length && links.every((link, at) => link === writtenLinks[at]);
  return { ...(links.length > 0 && { links }), ...(!areSame && { writtenLinks }) };
}

/** Reads kept links under the address that their document has now. */
export function movedLinks(
  { links = [], writtenLinks = links }: KeptLinks,
  uri: string | undefined,
): KeptLinks {
  return keptLinks(writtenLinks, uri);
}

/** The targets of links, each once, in their order, as many as `linkLimits` lets be kept. */
export function linkTargets(given: Iterable<string>, base?: string): string[] {
  const targets = new Set<string>();
  let bytes = 0;
  for (const link of given) {
    const target = linkTarget(link, base);
    if (target === undefined || targets.has(target)) continue;
    const size = Buffer.byteLength(target);
    if (size > linkLimits.linkBytes || bytes + size > linkLimits.totalBytes) continue;
    targets.add(target);
    bytes += size;
    if (targets.size === linkLimits.links) break;
  }
  return [...targets];
}
