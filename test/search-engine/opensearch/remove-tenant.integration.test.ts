import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { describeTenantRemovalContract } from '../tenant-removal.contract.ts';
import { openSubject } from './opensearch-subject.ts';

describeWithOpenSearch('opensearch', (url) => {
  describeTenantRemovalContract('opensearch', () => openSubject(url));
});
