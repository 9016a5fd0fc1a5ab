import { expect, test } from 'vitest';
import { classifyQuery } from '../../retrieval/query-class.ts';

test.each([
  ['quoted', ['"heat transfer" in wings', 'say “hello there”', '„genau so“', '« le mot »']],
  [
    'code',
    [
      'parse_json fails',
      'what does getUserById return',
      'std::move semantics',
      'close() throws',
      'ERR-4012',
      'error code E11000',
      'edit /etc/hosts on boot',
      '--dry-run',
      'if (a && b)',
      'part BX2041',
    ],
  ],
  ['short', ['wing', 'heat transfer', 'Überschall Flügel Strömung', '東京']],
  [
    'long',
    [
      'what similarity laws must be obeyed when constructing aeroelastic models of heated high speed aircraft',
    ],
  ],
  [
    undefined,
    ['what causes drag at high speed', 'state-of-the-art of wings in use', 'is e.g. the U.S. a member'],
  ],
])('classifyQuery tells a %s query', (queryClass, queries) => {
  for (const query of queries) expect(`${classifyQuery(query)}: ${query}`).toBe(`${queryClass}: ${query}`);
});

test('classifyQuery does not backtrack: each of these would take longer than the test has', () => {
  const repeated = ['a', '/', '-a', 'a_', '"', 'a1-', 'aB', '.a', '“'];
  for (const part of repeated) classifyQuery(part.repeat(4_000 / part.length));
});
