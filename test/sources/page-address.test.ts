import { describe, expect, it } from 'vitest';
import { shownAddress } from '../../sources/page-address.ts';

const shown = (address: string) => shownAddress(new URL(address));

describe('shownAddress', () => {
  it('leaves out user, password and fragment', () => {
    expect(shown('https://a:b@example.com/x?y=1#z')).toBe('https://example.com/x?y=1');
    expect(shown('https://example.com/x?expires=2&sp=1')).toBe('https://example.com/x?expires=2&sp=1');
  });

  it.each([
    [
      'S3',
      '?versionId=v1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20261125%2Fs3&X-Amz-Date=20261125T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t&X-Amz-Signature=5ec',
      '?versionId=v1',
    ],
    ['S3, first version', '?AWSAccessKeyId=AK&Expires=1&Signature=5ec', ''],
    ['CloudFront', '?page=2&Expires=1&Signature=5ec&Key-Pair-Id=K', '?page=2'],
    ['Google Cloud Storage', '?X-Goog-Algorithm=a&X-Goog-Date=d&X-Goog-Signature=5ec&page=2', '?page=2'],
    ['Azure', '?sv=2024&st=a&se=b&sr=b&sp=r&sig=5ec&page=2', '?page=2'],
  ])('is the same however often %s signs it, and gives nothing away', (_, query, kept) => {
    expect(shown(`https://example.com/a%20b.pdf${query}`)).toBe(`https://example.com/a%20b.pdf${kept}`);
  });

  it('leaves out keys and tokens', () => {
    expect(shown('https://example.com/x?api_key=s3cret&page=2')).toBe('https://example.com/x?page=2');
  });
});
