import { withoutCredentials } from '../domain/link-credentials.ts';

/** What comes with a signature in an address and differs from one signing to the next, by the signature's parameter. */
const signings: readonly { readonly signature: RegExp; readonly beside: RegExp }[] = [
  // S3, Google Cloud Storage and OSS.
  { signature: /^x-(amz|goog|oss)-signature$/i, beside: /^x-(amz|goog|oss)-/i },
  // Their first versions, and CloudFront.
  { signature: /^signature$/i, beside: /^(expires|hash-algorithm)$/i },
  // Azure.
  { signature: /^sig$/i, beside: /^(s[aeiprstv]|spr|srt|sip|sdd|skoid|sktid|skt|ske|sks|skv)$/i },
];

/**
 * An address as it is stored and shown: without user, password, fragment and whatever lets its reader in. Of a signed
 * address all that the signing added goes, so that one object signed anew is the same document.
 */
export function shownAddress(url: URL): string {
  const shown = new URL(url);
  shown.hash = '';
  const address = withoutCredentials(shown.href);
  const given = [...url.searchParams.keys()];
  const signing = signings.find(({ signature }) => given.some((one) => signature.test(one)));
  const at = address.indexOf('?');
  if (signing === undefined || at === -1) return address;
  const kept = address
    .slice(at + 1)
    .split('&')
    .filter((one) => !signing.beside.test(one.split('=', 1)[0]!));
  return kept.length === 0 ? address.slice(0, at) : `${address.slice(0, at)}?${kept.join('&')}`;
}
