import { inject } from 'vitest';

/** Both engines; `url` is null where OpenSearch is needed and not there, and absent where none is needed. */
export function engines(): { readonly engine: 'sqlite' | 'opensearch'; readonly url?: string | null }[] {
  return [{ engine: 'sqlite' }, { engine: 'opensearch', url: inject('openSearchUrl') || null }];
}
