import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutCredentials } from '../../domain/link-credentials.ts';

/** None of them is a credential; with what generated values may hold, none comes to be. */
const harmless = [
  'page',
  'auth',
  'q',
  'v',
  'X-Amz-Date',
  'Expires',
  'policy',
  'tokens',
  'se',
  'state',
  'id',
  'key',
];
const secrets = [
  ...['X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Security-Token', 'AWSAccessKeyId', 'Signature'],
  ...['Key-Pair-Id', 'Policy', 'X-Goog-Signature', 'X-Goog-Credential', 'sig', 'access_token', 'accessToken'],
  ...[
    'token',
    'TOKEN',
    'api_key',
    'apiKey',
    'api-key',
    'code',
    'client_secret',
    'password',
    '%74oken',
    'token[]',
  ],
];
const value = fc
  .string({ unit: fc.constantFrom(...'abz019-._~%/:@!$()*+, é'), maxLength: 12 })
  // A name before the host of an address within is a credential.
  .filter((text) => !/\/\/[^/]+@/.test(text));
const pair = fc.tuple(fc.constantFrom(...harmless), value).map(([name, given]) => `${name}=${given}`);
const pairs = fc.array(fc.oneof(pair, fc.constantFrom('', 'token', 'a')), { maxLength: 5 });
const place = fc.constantFrom(
  'https://example.com/a%20b/@c',
  '../b.md',
  '',
  '//cdn.example.com/x',
  'mailto:a@b.c',
);
const fragment = fc.constantFrom('', '#', '#top', '#/route/token', '#:~:text=a', '#/list?page=2');

describe('withoutCredentials', () => {
  it('leaves an address without credentials byte for byte as it is', () => {
    fc.assert(
      fc.property(place, pairs, fragment, (start, given, end) => {
        const address = start + (given.length > 0 ? `?${given.join('&')}` : '') + end;
        expect(withoutCredentials(address)).toBe(address);
      }),
    );
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true }), (address) => {
        expect(withoutCredentials(address)).toBe(address);
      }),
    );
  });

  it('takes every credential out, wherever it stands, and nothing else', () => {
    const given = fc.record({
      before: fc.array(pair, { maxLength: 3 }),
      after: fc.array(pair, { maxLength: 3 }),
      name: fc.constantFrom(...secrets),
      mark: fc.constantFrom('?', '#', '#/route?'),
      start: fc.constantFrom('https://example.com/a', 'b.md'),
    });
    fc.assert(
      fc.property(given, ({ before, after, name, mark, start }) => {
        const withSecret = [...before, `${name}=s3cr?t;S3CR/T=`, ...after].join('&');
        const kept = [...before, ...after].join('&');
        const stays = kept === '' ? mark.replace('?', '') : mark + kept;
        const expected = start + (stays === '#' ? '' : stays);
        expect(withoutCredentials(start + mark + withSecret)).toBe(expected);
        // And once more changes nothing.
        expect(withoutCredentials(expected)).toBe(expected);
      }),
    );
  });

  it.each([
    ['https://ann:secret@example.com/a', 'https://example.com/a'],
    ['https://token@example.com?a=b@c', 'https://example.com?a=b@c'],
    ['https://example.com/@ann', 'https://example.com/@ann'],
    [
      'https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=x#p2',
      'https://b.s3.amazonaws.com/k?X-Amz-Date=1#p2',
    ],
    [
      'https://acc.blob.core.windows.net/c/b?sv=2&se=3&sig=a%2Fb%3D',
      'https://acc.blob.core.windows.net/c/b?sv=2&se=3',
    ],
    ['/cb#access_token=x&token_type=bearer', '/cb#token_type=bearer'],
    ['a?b=1;token=x;c=2&d=3', 'a?b=1&d=3'],
    ['a?b=1&amp;token=x', 'a?b=1&amp'],
    // What mail filters make of links.
    [
      'https://safe.example.com/?url=https%3A%2F%2Fb.example.org%2Fk%3Fsig%3Dx%26p%3D1&data=2',
      'https://safe.example.com/?url=https%3A%2F%2Fb.example.org%2Fk%3Fp%3D1&data=2',
    ],
    ['a?next=/b?token=x', 'a?next=%2Fb'],
    ['a?u=https%3A%2F%2Fann%3Apw%40example.org%2F', 'a?u=https%3A%2F%2Fexample.org%2F'],
    ['a?u=%E0%A4%A', 'a?u=%E0%A4%A'],
    ['a?u=//@b/', 'a?u=//@b/'],
  ])('reads %j as %j', (given, kept) => {
    expect(withoutCredentials(given)).toBe(kept);
  });

  it('leaves out what is nested deeper than anybody writes', () => {
    let address = 'https://example.org/?token=s3cret';
    for (let depth = 0; depth < 8; depth++) address = `https://example.org/?u=${encodeURIComponent(address)}`;
    expect(withoutCredentials(address)).not.toContain('s3cret');
  });
});
