import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { DeadLetter, ListedDeadLetter } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateStore } from '../search-engine/state-store.ts';

/** Keeps the events that could not be applied, whole, beside the data of their feed's tenant. */
export interface DeadLetters {
  /** Keeps a letter; the same event of the same feed again replaces it. */
  keep(scope: Scope, letter: DeadLetter): Promise<void>;
  get(scope: Scope, letterId: string): Promise<DeadLetter | undefined>;
  /** By feed and place in it, without the events themselves. */
  list(
    scope: Scope,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly letters: ListedDeadLetter[]; readonly next?: string }>;
  drop(scope: Scope, letterId: string): Promise<void>;
}

const collection = 'dead_letters';
/** The pieces of raw events, by the letter's id and a number. */
const pieceCollection = 'dead_letter_pieces';

/** Above it the raw event is kept compressed and in pieces, so that no size of it is beyond what an engine takes. */
const maxPlainCharacters = 65_536;
/** As base64, which is a third more, far below what one request may hold. Divides by 3: only the last piece is padded. */
const pieceBytes = 3 * 1024 * 1024;
const pageSize = 200;

interface StoredLetter extends Omit<DeadLetter, 'letterId' | 'raw'> {
  readonly raw?: string;
  /** How many pieces, of gzip, hold the raw event. */
  readonly pieces?: number;
  /** Gzip, base64: as letters were kept before they were cut. */
  readonly packedRaw?: string;
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** The id of an event's letter: the same wherever a feed is run again. `record` is absent where records have no place. */
export function letterIdOf(feed: string, record: number | undefined, serial: number, raw: string): string {
  const place = record === undefined ? '' : `${String(record).padStart(12, '0')}-`;
  return `${feedPrefix(feed)}${place}${hash(raw).slice(0, 16)}-${serial}`;
}

/** 1 where the feed has dead letters, 0 where it has none. */
export async function lettersOfFeed(deadLetters: DeadLetters, scope: Scope, feed: string): Promise<number> {
  const prefix = feedPrefix(feed);
  const { letters } = await deadLetters.list(scope, { after: prefix, limit: 1 });
  return letters.filter(({ letterId }) => letterId.startsWith(prefix)).length;
}

function feedPrefix(feed: string): string {
  return `${hash(feed).slice(0, 8)}-`;
}

export function createDeadLetters(state: StateStore): DeadLetters {
  return {
    async keep(scope, { letterId, raw, ...rest }) {
      if (raw.length <= maxPlainCharacters) {
        await state.put(scope, collection, letterId, { ...rest, raw } satisfies StoredLetter);
        return;
      }
      const packed = await compress(raw);
      const pieces = Math.ceil(packed.length / pieceBytes);
      // Before the letter: one that is listed is whole.
      for (let at = 0; at < pieces; at += 1) {
        const piece = packed.subarray(at * pieceBytes, (at + 1) * pieceBytes).toString('base64');
        await state.put(scope, pieceCollection, pieceKey(letterId, at), piece);
      }
      await state.put(scope, collection, letterId, { ...rest, pieces } satisfies StoredLetter);
    },

    async get(scope, letterId) {
      const entry = await state.get(scope, collection, letterId);
      if (entry === undefined) return undefined;
      const stored = entry.value as StoredLetter;
      const raw = await readRaw(state, scope, letterId, stored);
      return raw === undefined ? undefined : { ...listed(letterId, stored), raw };
    },

    async list(scope, page) {
      const entries = await state.list(scope, collection, page);
      const last = entries.length === page.limit ? entries.at(-1) : undefined;
      return {
        letters: entries.map(({ key, value }) => listed(key, value as StoredLetter)),
        ...(last !== undefined && { next: last.key }),
      };
    },

    drop: (scope, letterId) => dropLetter(state, scope, letterId),
  };
}

/**
 * Drops the letters that feeds of every tenant have kept, in the tenants that they run for, of events of this one.
 * @returns how many there were
 */
export async function removeLettersNaming(
  state: StateStore,
  scopeOf: (tenantId: string) => Scope,
  tenantId: string,
): Promise<number> {
  let removed = 0;
  for (let after: string | undefined; ; ) {
    const page = await state.list('all', collection, {
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    for (const { tenantId: keeper, key, value } of page) {
      if (keeper === undefined || (value as StoredLetter).tenantId !== tenantId) continue;
      await dropLetter(state, scopeOf(keeper), key);
      removed += 1;
    }
    if (page.length < pageSize) return removed;
    after = page.at(-1)!.key;
  }
}

async function dropLetter(state: StateStore, scope: Scope, letterId: string): Promise<void> {
  const stored = (await state.get(scope, collection, letterId))?.value as StoredLetter | undefined;
  // The letter first: one that is listed is whole. What a crash leaves of its pieces is replaced when the event comes
  // again, and goes with the tenant.
  await state.remove(scope, collection, letterId);
  const pieces = stored?.pieces ?? 0;
  for (let at = 0; at < pieces; at += 1) await state.remove(scope, pieceCollection, pieceKey(letterId, at));
}

/** Undefined where the letter is dropped meanwhile. */
async function readRaw(
  state: StateStore,
  scope: Scope,
  letterId: string,
  { raw, pieces, packedRaw = '' }: StoredLetter,
): Promise<string | undefined> {
  if (raw !== undefined) return raw;
  const packed: Buffer[] = pieces === undefined ? [Buffer.from(packedRaw, 'base64')] : [];
  for (let at = 0; at < (pieces ?? 0); at += 1) {
    const piece = await state.get(scope, pieceCollection, pieceKey(letterId, at));
    if (piece === undefined) return undefined;
    packed.push(Buffer.from(piece.value as string, 'base64'));
  }
  return (await decompress(Buffer.concat(packed))).toString('utf8');
}

function listed(letterId: string, stored: StoredLetter): ListedDeadLetter {
  const { raw: _, pieces: __, packedRaw: ___, ...rest } = stored;
  return { letterId, ...rest };
}

function pieceKey(letterId: string, at: number): string {
  return `${letterId}.${String(at).padStart(4, '0')}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
