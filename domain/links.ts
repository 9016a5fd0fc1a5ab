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
