import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { describeSearchEngineContract } from '../search-engine.contract.ts';
import { openSubject } from './opensearch-subject.ts';

describeWithOpenSearch('opensearch', (url) => {
  describeSearchEngineContract('opensearch', () => openSubject(url));
});
