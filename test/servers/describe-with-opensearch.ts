import { describe, inject } from 'vitest';

/** Describes tests that need OpenSearch; they are skipped where there is none. */
export function describeWithOpenSearch(name: string, tests: (url: string) => void): void {
  const url = inject('openSearchUrl');
  if (!url) describe.skip(name, () => tests('http://127.0.0.1:1'));
  else describe(name, () => tests(url));
}
