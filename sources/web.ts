import { lookup as systemLookup } from 'node:dns/promises';
import { Agent, fetch, type Response } from 'undici';
import type { Document } from '../domain/document.ts';
import { DocumentRefused, InvalidInput } from '../domain/errors.ts';
import {
  type AddressRule,
  checkAddress,
  guardLookup,
  isPublicAddress,
  type Resolve,
} from './address-guard.ts';
import { shownAddress } from './page-address.ts';
import { readCapped } from './read-capped.ts';
import type { Source } from './source.ts';

export interface WebSourceOptions {
  /** Larger replies are refused while they come, after decompression. */
  readonly maxDocumentBytes: number;
  /** For the whole fetch, redirects included. @default 30000 */
  readonly timeoutMs?: number;
  /** Names the source of the document. @default "web" */
  readonly source?: string;
  /** Which addresses may be connected to; no setting reaches this. @default those of the public internet */
  readonly isAllowed?: AddressRule;
  /** @default the system's resolver */
  readonly resolve?: Resolve;
}

const maxRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const defaultTimeoutMs = 30_000;

/**
 * One page or file from the web. Every address on the way is guarded, the literal ones before a connection and the
 * names inside it, redirects too; proxies of the environment are not used, since nothing could be checked behind one.
 * @throws {InvalidInput} when `address` is no URL
 */
export function createWebSource(address: string, options: WebSourceOptions): Source {
  if (!URL.canParse(address)) throw new InvalidInput('url', `Expected an http or https URL, got ${address}`);
  const url = new URL(address);
  url.hash = '';
  const name = shownAddress(url);
  return {
    async *items() {
      yield { name, load: (signal) => fetchDocument(url, options, signal) };
    },
  };
}

async function fetchDocument(url: URL, options: WebSourceOptions, signal?: AbortSignal): Promise<Document> {
  const { isAllowed = isPublicAddress, resolve = systemResolve, timeoutMs = defaultTimeoutMs } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const agent = createAgent(guardLookup(resolve, isAllowed));
  try {
    const { response, finalUrl } = await follow(url, isAllowed, agent, stop);
    if (!response.ok) {
      throw new DocumentRefused(
        'unreachable',
        `Cannot fetch ${shownAddress(finalUrl)}: status ${response.status}`,
      );
    }
    const content = await readCapped(response, options.maxDocumentBytes, shownAddress(finalUrl));
    const mediaType = response.headers.get('content-type');
    return {
      documentId: shownAddress(url),
      source: options.source ?? 'web',
      uri: shownAddress(finalUrl),
      content,
      ...(mediaType !== null && mediaType !== '' && { mediaType }),
    };
  } catch (error) {
    throw asRefusal(error, { url, timeoutMs, timeout, signal });
  } finally {
    await agent.destroy();
  }
}

/** Follows redirects by hand, so that each address on the way is checked. */
async function follow(
  url: URL,
  isAllowed: AddressRule,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<{ readonly response: Response; readonly finalUrl: URL }> {
  let current = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    checkAddress(current, isAllowed);
    const response = await fetch(current, {
      dispatcher,
      signal,
      redirect: 'manual',
      headers: { 'user-agent': 'braid', accept: 'text/html, text/markdown, text/*;q=0.9, */*;q=0.8' },
    });
    const location = response.headers.get('location');
    if (!redirectStatuses.has(response.status) || location === null) return { response, finalUrl: current };
    await response.body?.cancel();
    if (!URL.canParse(location, current)) {
      throw new DocumentRefused(
        'unreachable',
        `Cannot fetch ${shownAddress(current)}: it redirects to no address`,
      );
    }
    current = new URL(location, current);
  }
  throw new DocumentRefused(
    'unreachable',
    `Cannot fetch ${shownAddress(url)}: it redirects more than ${maxRedirects} times`,
  );
}

/** Each connection asks the guarded resolver and connects to what that answered. */
function createAgent(resolve: Resolve): Agent {
  return new Agent({
    connect: {
      lookup(hostname, { all }, callback) {
        resolve(hostname).then(
          (addresses) => {
            if (all === true) callback(null, [...addresses]);
            else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
          },
          (error: NodeJS.ErrnoException) => callback(error, []),
        );
      },
    },
  });
}

const systemResolve: Resolve = (hostname) => systemLookup(hostname, { all: true });

interface Attempt {
  readonly url: URL;
  readonly timeoutMs: number;
  readonly timeout: AbortSignal;
  readonly signal: AbortSignal | undefined;
}

/** What the guard refused comes back wrapped in the errors of the connection. */
function asRefusal(error: unknown, { url, timeoutMs, timeout, signal }: Attempt): unknown {
  if (signal?.aborted) return signal.reason;
  const address = shownAddress(url);
  if (timeout.aborted) {
    return new DocumentRefused('timed_out', `Cannot fetch ${address} within ${timeoutMs} ms`, {
      cause: error,
    });
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DocumentRefused) return cause;
    if (!(cause.cause instanceof Error)) {
      return new DocumentRefused('unreachable', `Cannot fetch ${address}: ${describe(cause)}`, {
        cause: error,
      });
    }
  }
  return error;
}

/** A connection that failed at several addresses has a code but no message. */
function describe(cause: NodeJS.ErrnoException): string {
  return cause.message || (cause.code ?? cause.name);
}
