import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { describeDocumentStoreContract } from '../document-store.contract.ts';
import { openSubject } from './opensearch-subject.ts';

describeWithOpenSearch('opensearch', (url) => {
  describeDocumentStoreContract('opensearch', () => openSubject(url));
});
