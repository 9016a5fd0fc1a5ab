import { RevisionConflict } from '../../domain/errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { StateSource } from './document-state.ts';
import { maxResultWindow } from './mappings.ts';
import { finishWriting, type WriteTools } from './replace-document.ts';
import type { Strays } from './strays.ts';

/** Finishes what a crash, or the loss of OpenSearch, has left open. */
export interface Recovery {
  /**
   * Brings each document that a write has left open to one of its two whole states: the old one where the write was not
   * committed, else the new one. Writers that still run elsewhere get a RevisionConflict and try again.
   * @returns how many documents there were
   */
  run(): Promise<number>;
  /** Runs it in the background, again and again until it succeeds. */
  schedule(): void;
  stop(): void;
}

/** @param isBusy tells whether this process itself is writing the document */
export function createRecovery(
  tools: WriteTools,
  telemetry: Telemetry,
  isBusy: (tenantId: string, documentId: string) => boolean,
  strays: Pick<Strays, 'sweep'>,
): Recovery {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const run = async () => {
    let recovered = 0;
    const { documents, chunks } = tools.indices.read;
    await tools.connection.request({ method: 'POST', path: `/${documents},${chunks}/_refresh` });
    for (const { tenantId, documentId } of await openDocuments(tools)) {
      if (isBusy(tenantId, documentId) || !(await recover(tools, tenantId, documentId))) continue;
      recovered += 1;
      // Also of writers before it that were overtaken.
      await strays.sweep(tenantId, documentId);
    }
    if (recovered > 0) telemetry.log.info({ documents: recovered }, 'finished writes that were left open');
    return recovered;
  };

  const schedule = (delayMs = 1_000) => {
    if (timer !== undefined || isStopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      run().catch((error: unknown) => {
        telemetry.log.warn({ error }, 'cannot finish writes that were left open, trying again');
        schedule(Math.min(delayMs * 2, 30_000));
      });
    }, delayMs);
    timer.unref();
  };

  return {
    run,
    schedule: () => schedule(),
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** There are as many as there were writers, so that one page of the largest size holds them all. */
async function openDocuments({
  connection,
  indices,
}: WriteTools): Promise<readonly Pick<StateSource, 'tenantId' | 'documentId'>[]> {
  interface Reply {
    readonly hits: {
      readonly hits: readonly { readonly _source: Pick<StateSource, 'tenantId' | 'documentId'> }[];
    };
  }
  const reply = await connection.request<Reply>({
    method: 'POST',
    path: `/${indices.read.documents}/_search`,
    body: {
      size: maxResultWindow,
      query: { term: { open: true } },
      _source: ['tenantId', 'documentId'],
    },
  });
  return reply.hits.hits.map(({ _source }) => _source);
}

/** True where there was something to finish. */
async function recover(tools: WriteTools, tenantId: string, documentId: string): Promise<boolean> {
  const stored = await tools.states.read(tenantId, documentId);
  if (stored === undefined || stored.state.writing.leftovers.length === 0) return false;
  try {
    // Written once more as it is, so that a writer which is only slow can no longer commit what is deleted next.
    const position = await tools.states.write(tenantId, documentId, stored.state, stored.position);
    await finishWriting(tools, tenantId, documentId, { state: stored.state, position });
    return true;
  } catch (error) {
    // Another writer came first, and takes the leftovers with it.
    if (error instanceof RevisionConflict) return false;
    throw error;
  }
}
