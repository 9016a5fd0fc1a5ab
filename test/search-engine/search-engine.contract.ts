import { describe } from 'vitest';
import { describeAccess } from './contract-access.ts';
import { describeExpiry } from './contract-expiry.ts';
import { describeFacets } from './contract-facets.ts';
import { describeFetch } from './contract-fetch.ts';
import { describeFilters } from './contract-filters.ts';
import { describeLegs } from './contract-legs.ts';
import { describeLexicalLeg } from './contract-lexical.ts';
import { type ContractSubject, openForBlock } from './contract-subject.ts';
import { describeTenancy } from './contract-tenancy.ts';

/** What every adapter of the port `SearchEngine` must do; its test is a call to this. */
export function describeSearchEngineContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`${name}: search engine contract`, () => {
    const subject = openForBlock(open);
    describeLegs(subject);
    describeLexicalLeg(subject);
    describeFilters(subject);
    describeFacets(subject);
    describeAccess(subject);
    describeExpiry(subject);
    describeTenancy(subject);
    describeFetch(subject);
  });
}
