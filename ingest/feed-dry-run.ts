import { type DocumentRecord, isLive, mergeChange, recordVersion } from '../domain/document-record.ts';
import type { WriteResult } from '../domain/ingest.ts';
import { readRecord, writeRecord } from '../domain/record-text.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import { checkChange, checkOwner } from './check-change.ts';
import { documentKey, sourceKey } from './feed-keys.ts';
import { floorOf, readWatermark, type Watermarks } from './feed-watermarks.ts';
import type { Ingest } from './ingest.ts';

/** What a dry run would have written: texts by key. */
export interface DryTexts {
  get(key: string): string | undefined;
  set(key: string, text: string): void;
}

/** The same store, in which the records that a dry run would have written are read. */
export function overlayDryRecords(documents: DocumentStore, texts: DryTexts): DocumentStore {
  return {
    ...documents,
    async record(scope, documentId) {
      const text = texts.get(documentKey(scope, documentId));
      return text === undefined
        ? documents.record(scope, documentId)
        : { record: readRecord(text), revision: 'dry' };
    },
  };
}

/**
 * Tells what an ingest would do and writes nothing: versions are compared as they are in truth, part by part. Nothing is
 * parsed: a document that parsing would refuse counts as indexed.
 * @param texts what went before in the same run, which counts where `documents` reads it. @default it is not kept
 */
export function createDryIngest(documents: Pick<DocumentStore, 'record'>, texts?: DryTexts): Ingest {
  return async (scope: Scope, requested): Promise<WriteResult> => {
    const change = checkChange(requested);
    const { documentId } = change;
    const held = (await documents.record(scope, documentId))?.record;
    checkOwner(held, change);
    const merge = mergeChange(held, change, {
      tenantId: scope.tenantId,
      recipe: held?.recipe ?? '',
      now: new Date().toISOString(),
    });
    if (merge.record !== undefined) texts?.set(documentKey(scope, documentId), writeRecord(merge.record));
    return {
      documentId,
      outcome: outcomeOf(merge.outcome, merge.record, held),
      version: merge.record === undefined ? 0n : recordVersion(merge.record),
      chunks: 0,
      embedded: 0,
      truncated: 0,
      breakpointTexts: 0,
      conflicting: merge.conflicting,
    };
  };
}

function outcomeOf(
  outcome: ReturnType<typeof mergeChange>['outcome'],
  record: DocumentRecord | undefined,
  held: DocumentRecord | undefined,
): WriteResult['outcome'] {
  if (outcome !== 'applied') return outcome;
  if (record !== undefined && !isLive(record)) return 'deleted';
  return held !== undefined && isLive(held) ? 'updated' : 'indexed';
}

/** Raises truncations in memory only. */
export function createDryWatermarks(state: StateStore): Watermarks {
  const raised = new Map<string, bigint>();
  const read: Watermarks['read'] = async (scope, source) => {
    const stored = await readWatermark(state, scope, source);
    const inMemory = raised.get(sourceKey(scope, source)) ?? -1n;
    const held = BigInt(stored.version);
    return {
      truncated: held > inMemory ? held : inMemory,
      floor: floorOf(stored),
      logs: stored.logs ?? {},
    };
  };
  return {
    read,
    claimLog: async (scope, source, { epoch, name }) => (await read(scope, source)).logs[epoch] ?? name,
    async raise(scope, source, version) {
      if ((await read(scope, source)).truncated >= version) return false;
      raised.set(sourceKey(scope, source), version);
      return true;
    },
  };
}
