import type { EventLog } from '../domain/change-event.ts';
import { isLive } from '../domain/document-record.ts';
import { RevisionConflict } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Ingest } from './ingest.ts';

/** What decides about the late events of one source, beside the records. */
export interface Marks {
  /** Everything of the source at or below it is gone and every event stale; −1 where there is none. */
  readonly truncated: bigint;
  /**
   * Every event at or below it has been seen, and deletions at or below it may be forgotten: an event of a document
   * that there is no record of is stale. −1 where there is none.
   */
  readonly floor: bigint;
  /** By epoch, the log that the source's versions are places in. */
  readonly logs: Readonly<Record<string, string>>;
}

/** The marks of sources as they are stored. */
export interface Watermarks {
  /** The marks, with every document below the truncation gone. */
  read(scope: Scope, source: string): Promise<Marks>;
  /**
   * Raises the truncation and deletes what is at or below it. A crash in between is made up for by the next `read`.
   * @returns false where it stands as high already
   */
  raise(scope: Scope, source: string, version: bigint): Promise<boolean>;
  /** Makes this the log of its epoch where there is none. @returns the log of the epoch */
  claimLog(scope: Scope, source: string, log: EventLog): Promise<string>;
}

/** What is stored of one source. */
export interface StoredWatermark {
  /** Of the truncation. */
  readonly version: string;
  /** The version up to which the documents are known to be gone. */
  readonly swept: string;
  readonly floor?: {
    readonly version: string;
    /** ISO 8601, UTC. */
    readonly raisedAt: string;
  };
  /**
   * By feed that delivers the source in the order of versions: up to where it is proven; −1 where it did not deliver so,
   * −2 where nothing is proven yet.
   */
  readonly feeds?: Readonly<Record<string, string>>;
  /** By epoch, the name of the log. */
  readonly logs?: Readonly<Record<string, string>>;
}

export const watermarkCollection = 'watermarks';
const pageSize = 500;
const nothing: StoredWatermark = { version: '-1', swept: '-1' };

export function createWatermarks(ports: {
  readonly ingest: Ingest;
  readonly documents: DocumentStore;
  readonly state: StateStore;
}): Watermarks {
  const { ingest, documents, state } = ports;

  const sweep = async (scope: Scope, source: string, version: bigint): Promise<void> => {
    for await (const documentId of documentsBelow(documents, scope, source, version)) {
      await ingest(scope, { operation: 'delete', documentId, source, version });
    }
    await changeWatermark(state, scope, source, (held) =>
      BigInt(held.swept) >= version ? undefined : { ...held, swept: version.toString() },
    );
  };

  return {
    async read(scope, source) {
      const held = await readWatermark(state, scope, source);
      const truncated = BigInt(held.version);
      if (BigInt(held.swept) < truncated) await sweep(scope, source, truncated);
      return { truncated, floor: floorOf(held), logs: held.logs ?? {} };
    },

    async raise(scope, source, version) {
      const held = await changeWatermark(state, scope, source, (stored) =>
        BigInt(stored.version) >= version ? undefined : { ...stored, version: version.toString() },
      );
      // A sweep that a crash has cut off is this one's to finish.
      const isSwept = BigInt(held.swept) >= BigInt(held.version);
      if (!isSwept) await sweep(scope, source, BigInt(held.version));
      return !isSwept;
    },

    async claimLog(scope, source, { epoch, name }) {
      const held = await changeWatermark(state, scope, source, (stored) =>
        stored.logs?.[epoch] === undefined
          ? { ...stored, logs: { ...stored.logs, [epoch]: name } }
          : undefined,
      );
      return held.logs![epoch]!;
    },
  };
}

export function floorOf({ floor }: StoredWatermark): bigint {
  return floor === undefined ? -1n : BigInt(floor.version);
}

export async function readWatermark(
  state: StateStore,
  scope: Scope,
  source: string,
): Promise<StoredWatermark> {
  const entry = await state.get(scope, watermarkCollection, source);
  return (entry?.value as StoredWatermark | undefined) ?? nothing;
}

/**
 * Changes what is stored of a source, however many do so at once.
 * @param change gives what to store, or undefined to leave it
 * @returns what is stored then
 */
export async function changeWatermark(
  state: StateStore,
  scope: Scope,
  source: string,
  change: (held: StoredWatermark) => StoredWatermark | undefined,
): Promise<StoredWatermark> {
  for (;;) {
    const entry = await state.get(scope, watermarkCollection, source);
    const held = (entry?.value as StoredWatermark | undefined) ?? nothing;
    const next = change(held);
    if (next === undefined) return held;
    try {
      await state.put(scope, watermarkCollection, source, next, entry?.revision ?? null);
      return next;
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
    }
  }
}

/** Live documents of the source whose content is at or below the version. */
export async function* documentsBelow(
  documents: DocumentStore,
  scope: Scope,
  source: string,
  version: bigint,
): AsyncGenerator<string> {
  // Lists may lag behind writes.
  await documents.refresh(scope);
  for (let after: string | undefined; ; ) {
    const page = await documents.list(scope, {
      limit: pageSize,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    for (const record of page.records) {
      if (record.source === source && isLive(record) && record.content!.version <= version) {
        yield record.documentId;
      }
    }
    if (page.next === undefined) return;
    after = page.next;
  }
}
