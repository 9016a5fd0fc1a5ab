import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import type { Connection } from './connection.ts';
import { type ErrorReply, replyFailure, TransientFailure } from './failure.ts';

/** One write of a bulk. Writes of one document's chunks share a routing, so that they go to one shard. */
export interface BulkItem {
  readonly action: 'index' | 'delete';
  /** A write alias. */
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
  /** JSON; with `index` only. */
  readonly source?: string;
}

const maxBytes = 5 * 1024 * 1024;

/**
 * Writes the items in requests of at most 5 MB (a larger item goes alone). Each item that is refused for a moment is
 * sent again with back-off. Deleting what is not there is done.
 * @throws {EngineUnavailable} {Rejection} of the first item that fails for good; others may have been written
 */
export async function writeBulk(connection: Connection, items: Iterable<BulkItem>): Promise<void> {
  let batch: BulkItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(item.source ?? '') + 300;
    if (batch.length > 0 && bytes + size > maxBytes) {
      await writeBatch(connection, batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) await writeBatch(connection, batch);
}

interface BulkReply {
  readonly errors: boolean;
  readonly items: readonly Readonly<
    Record<string, { readonly status: number; readonly error?: ErrorReply }>
  >[];
}

async function writeBatch(connection: Connection, batch: readonly BulkItem[]): Promise<void> {
  let pending = batch;
  const policy = retry(handleType(TransientFailure), {
    maxAttempts: 5,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 3_000 }),
  });
  await policy.execute(async () => {
    const reply = await connection.request<BulkReply>({
      method: 'POST',
      path: '/_bulk',
      query: { require_alias: true, filter_path: 'errors,items.*.status,items.*.error' },
      lines: pending.map(linesOf).join(''),
    });
    if (!reply.errors) return;
    const refused: BulkItem[] = [];
    let busy: TransientFailure | undefined;
    reply.items.forEach((outcome, at) => {
      const { status, error } = Object.values(outcome)[0]!;
      if (error === undefined) return;
      const failure = replyFailure(status, error, connection.url);
      if (!(failure instanceof TransientFailure)) throw failure;
      busy = failure;
      refused.push(pending[at]!);
    });
    pending = refused;
    if (busy !== undefined) throw busy;
  });
}

function linesOf({ action, index, id, routing, source }: BulkItem): string {
  const header = JSON.stringify({
    [action]: { _index: index, _id: id, ...(routing !== undefined && { routing }) },
  });
  return source === undefined ? `${header}\n` : `${header}\n${source}\n`;
}
