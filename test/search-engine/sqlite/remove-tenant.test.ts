import { describeTenantRemovalContract } from '../tenant-removal.contract.ts';
import { openSubject } from './sqlite-subject.ts';

describeTenantRemovalContract('sqlite', openSubject);
