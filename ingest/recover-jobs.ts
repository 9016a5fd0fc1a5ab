import type { Scope } from '../domain/scope.ts';
import type { StateEntry, StateStore } from '../search-engine/state-store.ts';
import type { WaitingJob } from './job-lines.ts';
import { acceptedMsOf, changeCollection, type JobRecord, jobCollection } from './job-record.ts';

/** Ended jobs can be asked for so long. */
const keptMs = 24 * 60 * 60 * 1000;
const pageSize = 500;

/**
 * Makes what walks through all stored jobs: it takes up those that are queued and forgets those that ended long ago.
 *
 * @param takeUp is given each queued job, also those that this process has already
 */
export function createRecoverJobs(
  state: StateStore,
  scopeOf: (tenantId: string) => Scope,
  isClosing: () => boolean,
  takeUp: (job: WaitingJob) => void,
): () => Promise<void> {
  return async () => {
    const forgottenMs = Date.now() - keptMs;
    for await (const { tenantId, key, value } of entriesOf(state, jobCollection, pageSize)) {
      if (isClosing()) return;
      const { job } = value as JobRecord;
      if (job.state === 'queued') {
        takeUp({ tenantId, documentId: job.documentId, jobId: key });
      } else if (Date.parse(job.finishedAt ?? '') < forgottenMs) {
        await state.remove(scopeOf(tenantId), jobCollection, key);
      }
    }
    // What a crash left without a job that needs it. One at a time: a change may be large.
    for await (const { tenantId, key } of entriesOf(state, changeCollection, 1)) {
      if (isClosing() || acceptedMsOf(key) > forgottenMs) return;
      const scope = scopeOf(tenantId);
      const job = await state.get(scope, jobCollection, key);
      const isNeeded = (job?.value as JobRecord | undefined)?.job.state === 'queued';
      if (!isNeeded) await state.remove(scope, changeCollection, key);
    }
  };
}

/** All tenants' entries by key. */
async function* entriesOf(
  state: StateStore,
  collection: string,
  limit: number,
): AsyncGenerator<StateEntry & { readonly tenantId: string }> {
  for (let after: string | undefined; ; ) {
    const entries = await state.list('all', collection, { limit, ...(after !== undefined && { after }) });
    for (const { tenantId, ...entry } of entries) {
      if (tenantId !== undefined) yield { tenantId, ...entry };
    }
    if (entries.length < limit) return;
    after = entries.at(-1)!.key;
  }
}
