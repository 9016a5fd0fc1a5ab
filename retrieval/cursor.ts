import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/document-record.ts';
import { CursorExpired, InvalidInput } from '../domain/errors.ts';
import type { ResolvedSearchRequest, SearchRequest } from '../domain/search.ts';

/**
 * A cursor says how many hits were shown, for which request, and a hash of their ids in order. The next page ranks
 * again and goes on only where the hits already shown still stand first in the same order: then nothing is repeated and
 * nothing skipped, and otherwise the cursor has expired. It also says which stages the list was made without: a list
 * without its dense leg may begin alike and go on otherwise.
 */
interface Cursor {
  /** With all defaults. */
  readonly request: string;
  readonly offset: number;
  readonly shown: string;
  /** As the caller wrote it: where it is the same, other defaults are no fault of the caller's. */
  readonly asked: string;
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
 * @param asked the request as the caller wrote it
 * @throws {InvalidInput} when the cursor is malformed or of another request
 * @throws {CursorExpired} when the hits before the offset are not those already shown, or the defaults have changed
 */
export function pageOffset(
  tenantId: string,
  request: ResolvedSearchRequest,
  ranked: readonly string[],
  without: readonly string[] = [],
  asked: SearchRequest = request,
): number {
  if (request.cursor === undefined) return 0;
  const cursor = decode(request.cursor);
  if (cursor.request !== requestHash(tenantId, request)) {
    if (cursor.asked !== requestHash(tenantId, asked)) throw malformed();
    throw new CursorExpired(
      'Cannot continue from cursor: the defaults of searches changed since it was given, search again',
    );
  }
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
  asked: SearchRequest = request,
): string | undefined {
  if (offset >= ranked.length) return undefined;
  const cursor: Cursor = {
    request: requestHash(tenantId, request),
    offset,
    shown: listHash(ranked, offset, without),
    asked: requestHash(tenantId, asked),
  };
  const parts = [cursor.request, cursor.offset, cursor.shown, cursor.asked];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decode(text: string): Cursor {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw malformed();
  }
  if (!Array.isArray(parts) || parts.length !== 4) throw malformed();
  const [request, offset, shown, asked] = parts as unknown[];
  if (
    typeof request !== 'string' ||
    typeof shown !== 'string' ||
    typeof asked !== 'string' ||
    !Number.isSafeInteger(offset) ||
    Number(offset) < 0
  ) {
    throw malformed();
  }
  return { request, offset: Number(offset), shown, asked };
}

function requestHash(tenantId: string, request: SearchRequest): string {
  const { cursor: _, ...rest } = request;
  return shortHash(canonicalJson({ tenantId, ...rest }));
}

function listHash(ranked: readonly string[], count: number, without: readonly string[]): string {
  return shortHash(JSON.stringify([ranked.slice(0, count), without.toSorted()]));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
