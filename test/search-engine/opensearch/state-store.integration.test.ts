import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { describeStateStoreContract } from '../state-store.contract.ts';
import { openSubject } from './opensearch-subject.ts';

describeWithOpenSearch('opensearch', (url) => {
  describeStateStoreContract('opensearch', () => openSubject(url));
});
