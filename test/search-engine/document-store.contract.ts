import { describe } from 'vitest';
import { describeForget } from './contract-forget.ts';
import { describeModel } from './contract-model.ts';
import { describeReads } from './contract-reads.ts';
import { describeRecords } from './contract-records.ts';
import { describeReplace } from './contract-replace.ts';
import { type ContractSubject, openForBlock } from './contract-subject.ts';
import { describeWriters } from './contract-writers.ts';

/** What every adapter of the port `DocumentStore` must do; its test is a call to this. */
export function describeDocumentStoreContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`${name}: document store contract`, () => {
    const subject = openForBlock(open);
    describeReplace(subject);
    describeWriters(subject);
    describeRecords(subject);
    describeReads(subject);
    describeForget(subject);
    describeModel(subject);
  });
}
