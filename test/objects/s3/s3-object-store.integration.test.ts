import { afterAll, vi } from 'vitest';
import { createS3 } from '../../../objects/s3/create-s3.ts';
import { describeWithS3, startS3 } from '../../servers/s3.ts';
import { describeObjectStoreContract } from '../object-store.contract.ts';

const server = await startS3();
afterAll(() => server?.stop());

describeWithS3('createS3', server, ({ endpoint, region, environment, createBucket }) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const s3 = createS3({ endpoint, region, timeoutMs: 5_000, maxAttempts: 4 });
  afterAll(() => s3.close());

  const oddKeys = ['a b/c+d', 'percent%20', 'quote"\'&<>', 'ünï/文字.md', 'tab\there', '~', ' '];
  describeObjectStoreContract('s3', async () => s3.bucket(await createBucket()), {
    oddKeys,
    // S3 gives at most 1,000 a page.
    listedObjects: 1_003,
  });
  describeObjectStoreContract(
    's3 below a prefix',
    async () => s3.bucket(await createBucket(), 'some/where/'),
    {
      oddKeys: ['a b'],
      listedObjects: 10,
    },
  );
});
