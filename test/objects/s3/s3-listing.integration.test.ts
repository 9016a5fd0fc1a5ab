import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createS3, type S3 } from '../../../objects/s3/create-s3.ts';

/** A stand-in that answers every listing with the same page. */
let server: Server;
let s3: S3;
let rest = '';

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/xml');
    response.end(
      `<?xml version="1.0"?><ListBucketResult><Name>docs</Name><IsTruncated>true</IsTruncated>${rest}
      <Contents><Key>a.md</Key><Size>1</Size><ETag>"1"</ETag></Contents></ListBucketResult>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  s3 = createS3({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    timeoutMs: 5_000,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  await s3.close();
  server.close();
});

describe('createS3ObjectStore', () => {
  it.each(['', '<NextContinuationToken>again</NextContinuationToken>'])(
    'never takes a listing for whole that says that more follows and not where: %s',
    async (given) => {
      rest = given;
      const keys: string[] = [];
      const list = async () => {
        for await (const { key } of s3.bucket('docs').list('')) keys.push(key);
      };
      await expect(list()).rejects.toMatchObject({ code: 'objects_refused', reason: 'rejected' });
      expect(keys.length).toBeGreaterThan(0);
    },
  );
});
