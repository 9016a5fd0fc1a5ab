import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { DeadLetter } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateEntry, StateStore } from '../search-engine/state-store.ts';

/** Keeps the events that could not be applied, whole, beside the data of their feed's tenant. */
export interface DeadLetters {
  /** Keeps a letter; the same event of the same feed again replaces it. */
  keep(scope: Scope, letter: DeadLetter): Promise<void>;
  get(scope: Scope, letterId: string): Promise<DeadLetter | undefined>;
  /** By feed and place in it. */
  list(
    scope: Scope,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly letters: DeadLetter[]; readonly next?: string }>;
  drop(scope: Scope, letterId: string): Promise<void>;
}

const collection = 'dead_letters';

/** Above it the raw event is kept compressed, so that a large one passes the engine's own limits. */
const maxPlainCharacters = 65_536;

interface StoredLetter extends Omit<DeadLetter, 'letterId' | 'raw'> {
  readonly raw?: string;
  /** Gzip, base64. */
  readonly packedRaw?: string;
}

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
      const stored: StoredLetter =
        raw.length > maxPlainCharacters
          ? { ...rest, packedRaw: gzipSync(raw).toString('base64') }
          : { ...rest, raw };
      await state.put(scope, collection, letterId, stored);
    },

    async get(scope, letterId) {
      const entry = await state.get(scope, collection, letterId);
      return entry && readLetter(entry);
    },

    async list(scope, page) {
      const entries = await state.list(scope, collection, page);
      const last = entries.length === page.limit ? entries.at(-1) : undefined;
      return { letters: entries.map(readLetter), ...(last !== undefined && { next: last.key }) };
    },

    drop: (scope, letterId) => state.remove(scope, collection, letterId),
  };
}

function readLetter({ key, value }: StateEntry): DeadLetter {
  const { raw, packedRaw, ...rest } = value as StoredLetter;
  return {
    letterId: key,
    ...rest,
    raw: raw ?? gunzipSync(Buffer.from(packedRaw ?? '', 'base64')).toString('utf8'),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
