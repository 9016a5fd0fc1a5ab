import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import type { Connection } from './connection.ts';
import { type ErrorReply, Rejection, replyFailure, TransientFailure } from './failure.ts';
import { createTogether } from './together.ts';

/** One write of a bulk. Writes of one document's chunks share a routing, so that they go to one shard. */
export interface BulkItem {
  /** `create`: only where there is none. */
  readonly action: 'index' | 'create' | 'delete';
  /** A write alias. */
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
  /** What must be stored. */
  readonly expected?: { readonly sequence: number; readonly term: number };
  /** JSON; with `index` and `create`. */
  readonly source?: string;
}

/** What became of one item. Deleting what is not there is done. */
export interface BulkOutcome {
  readonly sequence?: number;
  readonly term?: number;
  /** Why it was not done. */
  readonly failure?: Error;
}

/**
 * Writes items that belong together in one request, with what others write at the same time; one outcome each.
 * @throws {EngineUnavailable} {Rejection} of the request as a whole
 */
export type Bulk = (items: readonly BulkItem[]) => Promise<readonly BulkOutcome[]>;

const maxBytes = 5 * 1024 * 1024;
const maxRequests = 2;

/** Makes the bulk of a connection. Each item that is refused for a moment is sent again with back-off. */
export function createBulk(connection: Connection): Bulk {
  const together = createTogether((items: readonly BulkItem[]) => sendBulk(connection, items), {
    maxSize: maxBytes,
    maxRequests,
    // One item that cannot be read spoils the whole request.
    isOfOneGroup: (error) => error instanceof Rejection,
  });
  return (items) => together({ items, size: items.reduce((sum, item) => sum + sizeOf(item), 0) });
}

/**
 * Writes the items in requests of at most 5 MB (a larger item goes alone).
 * @throws {EngineUnavailable} {Rejection} of the first item that fails for good; others may have been written
 */
export async function writeBulk(bulk: Bulk, items: Iterable<BulkItem>): Promise<void> {
  let batch: BulkItem[] = [];
  let bytes = 0;
  const write = async (): Promise<void> => {
    const failed = (await bulk(batch)).find(({ failure }) => failure !== undefined);
    if (failed !== undefined) throw failed.failure;
  };
  for (const item of items) {
    const size = sizeOf(item);
    if (batch.length > 0 && bytes + size > maxBytes) {
      await write();
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) await write();
}

interface BulkReply {
  readonly errors: boolean;
  readonly items: readonly Readonly<
    Record<
      string,
      {
        readonly status: number;
        readonly error?: ErrorReply;
        readonly _seq_no?: number;
        readonly _primary_term?: number;
      }
    >
  >[];
}

async function sendBulk(connection: Connection, items: readonly BulkItem[]): Promise<BulkOutcome[]> {
  const outcomes: BulkOutcome[] = new Array(items.length);
  let pending = items.map((_, at) => at);
  const policy = retry(handleType(TransientFailure), {
    maxAttempts: 5,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 3_000 }),
  });
  const send = async (): Promise<void> => {
    const reply = await connection.request<BulkReply>({
      method: 'POST',
      path: '/_bulk',
      query: {
        require_alias: true,
        filter_path: 'errors,items.*.status,items.*.error,items.*._seq_no,items.*._primary_term',
      },
      lines: pending.map((at) => linesOf(items[at]!)).join(''),
    });
    const busy: number[] = [];
    pending.forEach((at, place) => {
      const {
        status,
        error,
        _seq_no: sequence,
        _primary_term: term,
      } = Object.values(reply.items[place]!)[0]!;
      if (error === undefined) {
        outcomes[at] = { ...(sequence !== undefined && { sequence }), ...(term !== undefined && { term }) };
        return;
      }
      const failure = replyFailure(status, error, connection.url);
      outcomes[at] = { failure };
      if (failure instanceof TransientFailure) busy.push(at);
    });
    pending = busy;
    const first = outcomes[busy[0] ?? -1]?.failure;
    if (first !== undefined) throw first;
  };
  await policy.execute(send).catch((error: unknown) => {
    // The items that are still refused have it as their outcome, and the others have theirs.
    if (!(error instanceof TransientFailure && pending.every((at) => outcomes[at]?.failure !== undefined))) {
      throw error;
    }
  });
  return outcomes;
}

function sizeOf({ source = '' }: BulkItem): number {
  return Buffer.byteLength(source) + 300;
}

function linesOf({ action, index, id, routing, expected, source }: BulkItem): string {
  const header = JSON.stringify({
    [action]: {
      _index: index,
      _id: id,
      ...(routing !== undefined && { routing }),
      ...(expected !== undefined && { if_seq_no: expected.sequence, if_primary_term: expected.term }),
    },
  });
  return source === undefined ? `${header}\n` : `${header}\n${source}\n`;
}
