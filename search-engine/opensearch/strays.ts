import { documentKey } from '../../domain/chunk.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { BulkItem } from './bulk.ts';
import type { DocumentState } from './document-state.ts';
import { maxResultWindow } from './mappings.ts';
import type { WriteTools } from './replace-document.ts';

/**
 * Removes chunks that no state names. A writer that is overtaken by another takes its own away; one that dies before it
 * does, while its last request is still on its way, leaves them. They are never shown and would take the places of others.
 */
export interface Strays {
  /** Looks through a document in the background, and not again for a minute. */
  suspect(tenantId: string, documentId: string): void;
  /** @returns how many there were */
  sweep(tenantId: string, documentId: string): Promise<number>;
  /** Resolves when nothing is looked through any more. */
  settle(): Promise<void>;
}

const quietMs = 60_000;
const maxRemembered = 1_000;

export function createStrays(tools: WriteTools, telemetry: Telemetry): Strays {
  const suspectedAt = new Map<string, number>();
  const running = new Set<Promise<void>>();

  const sweep = async (tenantId: string, documentId: string): Promise<number> => {
    const found = await chunksOf(tools, tenantId, documentId);
    // Read after the chunks: a write names its chunks before the first of them, and no number is given twice, so that
    // what is not named now never will be.
    const state = (await tools.states.read(tenantId, documentId))?.state;
    const strays = found.filter(({ generation }) => !isNamed(generation, state));
    if (strays.length === 0) return 0;
    const { indices } = tools;
    const routing = documentKey(tenantId, documentId);
    // What is not as it was found any more is somebody else's matter.
    const outcomes = await tools.bulk(
      strays.map(
        ({ id, expected }): BulkItem => ({
          action: 'delete',
          index: indices.write.chunks,
          id,
          routing,
          expected,
        }),
      ),
    );
    const removed = outcomes.filter(({ failure }) => failure === undefined).length;
    telemetry.log.info({ tenantId, chunks: removed }, 'removed chunks that a writer had left');
    return removed;
  };

  return {
    sweep,
    suspect(tenantId, documentId) {
      const key = documentKey(tenantId, documentId);
      const now = performance.now();
      if (now - (suspectedAt.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
      if (suspectedAt.size >= maxRemembered) suspectedAt.clear();
      suspectedAt.set(key, now);
      const work = sweep(tenantId, documentId)
        // Nothing is lost by it; the next search that meets them tries again.
        .catch((error: unknown) => telemetry.log.warn({ error }, 'cannot remove chunks that a writer left'))
        .then(() => {
          running.delete(work);
        });
      running.add(work);
    },
    async settle() {
      await Promise.all(running);
    },
  };
}

/** True where a search that met a chunk of this generation has met one that nobody owns to. */
export function isStray(generation: number, state: DocumentState | undefined): boolean {
  // One above the last was begun after the state was read.
  if (isNamed(generation, state) || generation > (state?.writing.last ?? Number.POSITIVE_INFINITY))
    return false;
  // Replaced a moment ago, and deleted already, or about to be.
  return state?.writing.previous?.includes(generation) !== true;
}

function isNamed(generation: number, state: DocumentState | undefined): boolean {
  const { current, leftovers = [] } = state?.writing ?? {};
  return current?.number === generation || leftovers.some(({ number }) => number === generation);
}

async function chunksOf(
  { connection, indices }: WriteTools,
  tenantId: string,
  documentId: string,
): Promise<{ id: string; generation: number; expected: { sequence: number; term: number } }[]> {
  interface Reply {
    readonly hits: {
      readonly hits: readonly {
        readonly _id: string;
        readonly _seq_no: number;
        readonly _primary_term: number;
        readonly _source: { readonly generation: number };
      }[];
    };
  }
  const reply = await connection.request<Reply>({
    method: 'POST',
    path: `/${indices.read.chunks}/_search`,
    query: { routing: documentKey(tenantId, documentId) },
    body: {
      size: maxResultWindow,
      query: { bool: { filter: [{ term: { tenantId } }, { term: { documentId } }] } },
      seq_no_primary_term: true,
      _source: ['generation'],
    },
  });
  return reply.hits.hits.map(({ _id: id, _seq_no: sequence, _primary_term: term, _source }) => ({
    id,
    generation: _source.generation,
    expected: { sequence, term },
  }));
}
