import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/document-record.ts';
import { CursorExpired, InvalidInput } from '../domain/errors.ts';
import type { ResolvedSearchRequest } from '../domain/search.ts';

/**
 * A cursor says how many hits were shown, for which request, and a hash of their ids in order. The next page ranks
 * again and goes on only where the hits already shown still stand first in the same order: then nothing is repeated and
 * nothing skipped, and otherwise the cursor has expired. It also says which stages the list was made without: a list
 * without its dense leg may begin alike and go on otherwise.
 */
interface Cursor {
  readonly request: string;
  readonly offset: number;
  readonly shown: string;
}

const malformed = () =>
  new InvalidInput(
    'cursor',
    'Cannot read cursor: expected the cursor of an earlier reply, with an otherwise equal request',
  );

/**
 * The offset at which a page starts.
 * @param ranked ids of the whole result list as it stands now
 * @param without stages that this list was made without
 * @throws {InvalidInput} when the cursor is malformed or of another request
 * @throws {CursorExpired} when the hits before the offset are not those already shown
 */
export function pageOffset(
  tenantId: string,
  request: ResolvedSearchRequest,
  ranked: readonly string[],
  without: readonly string[] = [],
): number {
  if (request.cursor === undefined) return 0;
  const cursor = decode(request.cursor);
  if (cursor.request !== requestHash(tenantId, request)) throw malformed();
  if (cursor.offset > ranked.length || cursor.shown !== listHash(ranked, cursor.offset, without)) {
    throw new CursorExpired(
      'Cannot continue from cursor: the results changed since it was given, search again',
    );
  }
  return cursor.offset;
}

/** The cursor of the page that starts at `offset`; undefined where nothing is left. */
export function nextCursor(
  tenantId: string,
  request: ResolvedSearchRequest,
  ranked: readonly string[],
  offset: number,
  without: readonly string[] = [],
): string | undefined {
  if (offset >= ranked.length) return undefined;
  const cursor: Cursor = {
    request: requestHash(tenantId, request),
    offset,
    shown: listHash(ranked, offset, without),
  };
  return Buffer.from(JSON.stringify([cursor.request, cursor.offset, cursor.shown])).toString('base64url');
}

function decode(text: string): Cursor {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw malformed();
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw malformed();
  const [request, offset, shown] = parts as unknown[];
  if (
    typeof request !== 'string' ||
    typeof shown !== 'string' ||
    !Number.isSafeInteger(offset) ||
    Number(offset) < 0
  ) {
    throw malformed();
  }
  return { request, offset: Number(offset), shown };
}

function requestHash(tenantId: string, request: ResolvedSearchRequest): string {
  const { cursor: _, ...rest } = request;
  return shortHash(canonicalJson({ tenantId, ...rest }));
}

function listHash(ranked: readonly string[], count: number, without: readonly string[]): string {
  return shortHash(JSON.stringify([ranked.slice(0, count), without.toSorted()]));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
