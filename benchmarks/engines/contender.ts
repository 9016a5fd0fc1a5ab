import type { SyntheticQuery } from './synthetic-corpus.ts';

/** One way to answer the same queries over the same chunks. */
export interface Contender {
  readonly name: string;
  /** @param onProgress told how many tenants are loaded */
  load(onProgress: (tenants: number) => void): Promise<void>;
  /** The texts of the topK best, best first. */
  search(query: SyntheticQuery, topK: number): Promise<readonly string[]>;
  /** CPU time in microseconds that other processes spent on it so far. */
  otherCpu?(): Promise<number>;
  close(): Promise<void>;
}
