import { EngineUnavailable } from '../../../domain/errors.ts';
import { type Connection, connect } from '../../../search-engine/opensearch/connection.ts';

/** A connection of a process that dies at one of its writes. */
export interface DyingConnection {
  readonly connection: Connection;
  /** Counts writes from now on and dies at the one of this number (from 1), before it is sent or after it was done. */
  dieAt(write: number, moment: 'before' | 'after'): void;
  /** Writes since `dieAt`. */
  writes(): number;
  isDead(): boolean;
}

export function dyingConnection(url: string): DyingConnection {
  const living = connect({ url });
  let count = 0;
  let last = Number.POSITIVE_INFINITY;
  let moment: 'before' | 'after' = 'before';
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new EngineUnavailable('The process has died');
  };
  return {
    connection: {
      url,
      request: async <T>(call: Parameters<Connection['request']>[0]) => {
        if (isDead) return die();
        const isWrite = call.method === 'PUT' || call.path === '/_bulk';
        if (isWrite) count += 1;
        if (isWrite && count === last && moment === 'before') return die();
        const reply = await living.request<T>(call);
        if (isWrite && count === last) return die();
        return reply;
      },
      close: () => living.close(),
    },
    dieAt: (write, when) => {
      count = 0;
      last = write;
      moment = when;
    },
    writes: () => count,
    isDead: () => isDead,
  };
}
