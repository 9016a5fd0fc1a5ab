import { afterAll, beforeAll } from 'vitest';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import type { SearchEngine } from '../../search-engine/search-engine.ts';
import type { StateStore } from '../../search-engine/state-store.ts';

/** What an adapter hands to the contract suites: its three ports over one fresh, empty engine. */
export interface ContractSubject {
  readonly engine: SearchEngine;
  readonly documents: DocumentStore;
  readonly state: StateStore;
  /** Of the vectors that it stores; at least 3, small is fast. */
  readonly dimensions: number;
  close(): Promise<void>;
}

/** Gives the subject that is open while a block of tests runs. */
export type CurrentSubject = () => ContractSubject;

/** Opens one subject for the whole describe block; tests keep apart by a fresh tenant each. */
export function openForBlock(open: () => Promise<ContractSubject>): CurrentSubject {
  let subject: ContractSubject | undefined;
  beforeAll(async () => {
    subject = await open();
  }, 120_000);
  afterAll(async () => {
    await subject?.close();
  }, 120_000);
  return () => {
    if (subject === undefined) throw new Error('Cannot use the subject before its block has opened it');
    return subject;
  };
}
