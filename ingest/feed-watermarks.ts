import { isLive } from '../domain/document-record.ts';
import { RevisionConflict } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Ingest } from './ingest.ts';

/** Truncations: for each tenant and source the version at or below which every event is stale. */
export interface Watermarks {
  /** The watermark, with every document below it gone; −1 where there is none. */
  read(scope: Scope, source: string): Promise<bigint>;
  /**
   * Raises the watermark and deletes what is at or below it. A crash in between is made up for by the next `read`.
   * @returns false where it stands as high already
   */
  raise(scope: Scope, source: string, version: bigint): Promise<boolean>;
}

const collection = 'watermarks';
const pageSize = 500;

interface StoredWatermark {
  readonly version: string;
  /** The version up to which the documents are known to be gone. */
  readonly swept: string;
}

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
    for (;;) {
      const entry = await state.get(scope, collection, source);
      const held = entry?.value as StoredWatermark | undefined;
      if (held === undefined || BigInt(held.swept) >= version) return;
      if (await putIfSame(state, scope, source, { ...held, swept: version.toString() }, entry?.revision))
        return;
    }
  };

  return {
    async read(scope, source) {
      const held = (await state.get(scope, collection, source))?.value as StoredWatermark | undefined;
      if (held === undefined) return -1n;
      const version = BigInt(held.version);
      if (BigInt(held.swept) < version) await sweep(scope, source, version);
      return version;
    },

    async raise(scope, source, version) {
      for (;;) {
        const entry = await state.get(scope, collection, source);
        const held = entry?.value as StoredWatermark | undefined;
        if (held !== undefined && BigInt(held.version) >= version) {
          if (BigInt(held.swept) >= BigInt(held.version)) return false;
          await sweep(scope, source, BigInt(held.version));
          return true;
        }
        const next = { version: version.toString(), swept: held?.swept ?? '-1' };
        if (!(await putIfSame(state, scope, source, next, entry?.revision))) continue;
        await sweep(scope, source, version);
        return true;
      }
    },
  };
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

async function putIfSame(
  state: StateStore,
  scope: Scope,
  source: string,
  value: StoredWatermark,
  revision: string | undefined,
): Promise<boolean> {
  try {
    await state.put(scope, collection, source, value, revision ?? null);
    return true;
  } catch (error) {
    if (error instanceof RevisionConflict) return false;
    throw error;
  }
}
