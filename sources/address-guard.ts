import ipaddr from 'ipaddr.js';
import { DocumentRefused } from '../domain/errors.ts';
import { shownAddress } from './page-address.ts';

/** Tells whether an IP address, written in any way, may be connected to. */
export type AddressRule = (address: string) => boolean;

/**
 * True for addresses of the public internet alone: of all ranges that ipaddr.js knows only `unicast`. Loopback,
 * private, link-local (cloud metadata), carrier-grade, multicast, reserved and all that wrap an IPv4 address
 * in an IPv6 one are not.
 */
export const isPublicAddress: AddressRule = (address) =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === 'unicast';

/**
 * Checks an address before anything is sent to it: http or https, no user or password, and where the host is a literal
 * IP address, one that may be connected to. The URL has to come from the WHATWG parser, which turns `127.1`,
 * `2130706433`, `0x7f.1` and `①②⑦.⓪.⓪.①` into the one spelling that can be judged.
 *
 * Host names are not resolved here: `guardLookup` checks what they resolve to, in the connection itself.
 * @throws {DocumentRefused} `forbidden_address`
 */
export function checkAddress(url: URL, isAllowed: AddressRule): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw forbidden(url, `expected http or https, got ${url.protocol.slice(0, -1)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw forbidden(url, 'expected an address without user and password');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host) && !isAllowed(host)) throw forbidden(url, `${host} is not a public address`);
}

/** Resolves a host name to all its addresses, as `dns.lookup` does with `all`. */
export type Resolve = (
  hostname: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/**
 * Wraps a resolver for use inside the connection, so that what is checked is what is connected to: a name that
 * answers differently the next time (rebinding) gains nothing. One forbidden address among many refuses the name.
 * @throws {DocumentRefused} `forbidden_address`
 */
export function guardLookup(resolve: Resolve, isAllowed: AddressRule): Resolve {
  return async (hostname) => {
    const addresses = await resolve(hostname);
    const refused = addresses.find(({ address }) => !isAllowed(address));
    if (refused !== undefined) {
      throw new DocumentRefused(
        'forbidden_address',
        `Cannot fetch from ${hostname}: it resolves to ${refused.address}, which is not a public address`,
      );
    }
    return addresses;
  };
}

function forbidden(url: URL, reason: string): DocumentRefused {
  return new DocumentRefused('forbidden_address', `Cannot fetch ${shownAddress(url)}: ${reason}`);
}
