import type { Connection } from './connection.ts';
import { Rejection } from './failure.ts';
import { createTogether } from './together.ts';

/** One document to read by its id. */
export interface GetItem {
  /** A read alias. */
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
  /** Fields of the source. */
  readonly fields: readonly string[];
}

/** A document as it is stored; the source is taken to be an S. */
export interface Got<S> {
  readonly sequence: number;
  readonly term: number;
  readonly source: S;
}

/**
 * Reads documents as of the last acknowledged write, in one request with what others read at the same time; undefined
 * for those that are not there.
 * @throws {EngineUnavailable} {Rejection}
 */
export type Get = <S>(items: readonly GetItem[]) => Promise<readonly (Got<S> | undefined)[]>;

interface GetReply {
  readonly docs: readonly {
    readonly found?: boolean;
    readonly _seq_no: number;
    readonly _primary_term: number;
    readonly _source: unknown;
  }[];
}

const maxItems = 1_000;
const maxRequests = 2;

/** Makes the reading of a connection. */
export function createGet(connection: Connection): Get {
  const together = createTogether((items: readonly GetItem[]) => sendGet(connection, items), {
    maxSize: maxItems,
    maxRequests,
    isOfOneGroup: (error) => error instanceof Rejection,
  });
  return async <S>(items: readonly GetItem[]) => {
    if (items.length === 0) return [];
    const found = await together({ items, size: items.length });
    return found as readonly (Got<S> | undefined)[];
  };
}

async function sendGet(
  connection: Connection,
  items: readonly GetItem[],
): Promise<(Got<unknown> | undefined)[]> {
  const { docs } = await connection.request<GetReply>({
    method: 'POST',
    path: '/_mget',
    body: {
      docs: items.map(({ index, id, routing, fields }) => ({
        _index: index,
        _id: id,
        ...(routing !== undefined && { routing }),
        _source: fields,
      })),
    },
  });
  return docs.map(({ found, _seq_no: sequence, _primary_term: term, _source: source }) =>
    found === true ? { sequence, term, source } : undefined,
  );
}
