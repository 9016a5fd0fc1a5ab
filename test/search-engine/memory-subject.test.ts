import { describeDocumentStoreContract } from './document-store.contract.ts';
import { createMemorySubject } from './memory-subject.ts';
import { describeSearchEngineContract } from './search-engine.contract.ts';
import { describeStateStoreContract } from './state-store.contract.ts';

const open = async () => createMemorySubject(8);

describeSearchEngineContract('createMemorySubject', open);
describeDocumentStoreContract('createMemorySubject', open);
describeStateStoreContract('createMemorySubject', open);
