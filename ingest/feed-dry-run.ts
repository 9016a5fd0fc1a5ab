import { recordVersion } from '../domain/document-record.ts';
import { SourceConflict } from '../domain/errors.ts';
import type { WriteResult } from '../domain/ingest.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import { floorOf, readWatermark, type Watermarks } from './feed-watermarks.ts';
import type { Ingest } from './ingest.ts';

interface Seen {
  readonly version: bigint;
  readonly source: string;
}

/**
 * Tells what an ingest would do and writes nothing. Whole versions are compared, not parts, and nothing is parsed: a
 * document that parsing would refuse counts as indexed.
 */
export function createDryIngest(documents: DocumentStore): Ingest {
  const seen = new Map<string, Seen>();
  const heldOf = async (scope: Scope, documentId: string): Promise<Seen | undefined> => {
    const known = seen.get(`${scope.tenantId}\0${documentId}`);
    if (known !== undefined) return known;
    const record = (await documents.record(scope, documentId))?.record;
    return record && { version: recordVersion(record), source: record.source };
  };

  return async (scope, change): Promise<WriteResult> => {
    const { documentId, source = '', version } = change.operation === 'upsert' ? change.document : change;
    const held = await heldOf(scope, documentId);
    if (held !== undefined && held.source !== source) {
      throw new SourceConflict(
        `Cannot write document ${JSON.stringify(documentId)}: it belongs to source ${JSON.stringify(held.source)}`,
        held.source,
      );
    }
    const next = version ?? (held?.version ?? 0n) + 1n;
    const isStale = held !== undefined && held.version >= next;
    if (!isStale) seen.set(`${scope.tenantId}\0${documentId}`, { version: next, source });
    return {
      documentId,
      outcome: isStale ? 'stale' : held === undefined ? 'indexed' : 'updated',
      version: isStale ? held.version : next,
      chunks: 0,
      embedded: 0,
      truncated: 0,
      conflicting: false,
    };
  };
}

/** Raises truncations in memory only. */
export function createDryWatermarks(state: StateStore): Watermarks {
  const raised = new Map<string, bigint>();
  const read: Watermarks['read'] = async (scope, source) => {
    const stored = await readWatermark(state, scope, source);
    const inMemory = raised.get(`${scope.tenantId}\0${source}`) ?? -1n;
    const held = BigInt(stored.version);
    return { truncated: held > inMemory ? held : inMemory, floor: floorOf(stored) };
  };
  return {
    read,
    async raise(scope, source, version) {
      if ((await read(scope, source)).truncated >= version) return false;
      raised.set(`${scope.tenantId}\0${source}`, version);
      return true;
    },
  };
}
