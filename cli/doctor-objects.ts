import { randomUUID } from 'node:crypto';
import type { Braid } from '../braid.ts';
import type { Config } from '../config.ts';
import { InvalidConfiguration, ObjectStoreFailure } from '../domain/errors.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { accountOf } from './doctor-aws.ts';
import { type Check, failedCheck, timed } from './doctor-check.ts';

/** Looks at Braid's own objects, and at the buckets that feeds may read. */
export async function* checkObjects(
  braid: Braid,
  config: Config,
  identity: AwsIdentity | undefined,
): AsyncGenerator<Check> {
  yield await checkOwnObjects(braid, config, identity);
  for (const bucket of config.feeds.buckets) yield await checkBucket(braid, bucket, identity);
}

/** What Braid writes to is written to and removed again; else it is only listed. */
async function checkOwnObjects(
  braid: Braid,
  config: Config,
  identity: AwsIdentity | undefined,
): Promise<Check> {
  const { objects } = braid;
  const isRemote = objects.location.startsWith('s3://');
  const account = isRemote ? await accountOfS3(braid, identity) : {};
  const { enabled } = config.invocationLog;
  try {
    const { milliseconds } = await timed(async () => {
      for await (const _ of objects.list('doctor/')) break;
      if (!enabled) return;
      const key = `doctor/${randomUUID()}`;
      await objects.put(key, Buffer.from('written by a check, may be removed\n'));
      await objects.remove([key]);
    });
    const use = enabled
      ? 'can be listed, written and removed from'
      : 'can be listed; nothing is written to it';
    return {
      name: 'objects',
      ok: true,
      detail: `${objects.location} ${use}, in ${milliseconds} ms`,
      ...account,
    };
  } catch (error) {
    return { ...failedCheck('objects', error, adviceFor(error)), ...account };
  }
}

async function checkBucket(braid: Braid, bucket: string, identity: AwsIdentity | undefined): Promise<Check> {
  const name = `bucket ${bucket}`;
  const account = await accountOfS3(braid, identity);
  try {
    const { milliseconds } = await timed(async () => {
      for await (const _ of braid.s3.bucket(bucket).list('')) break;
    });
    return { name, ok: true, detail: `can be listed, in ${milliseconds} ms`, ...account };
  } catch (error) {
    return { ...failedCheck(name, error, adviceFor(error)), ...account };
  }
}

async function accountOfS3(
  braid: Braid,
  identity: AwsIdentity | undefined,
): Promise<Pick<Check, 'identity' | 'region'>> {
  return accountOf(identity, await braid.s3.region().catch(() => undefined));
}

function adviceFor(error: unknown): string {
  if (error instanceof InvalidConfiguration) return 'Set s3.region (BRAID_S3_REGION) or AWS_REGION';
  const reason = error instanceof ObjectStoreFailure ? error.reason : undefined;
  switch (reason) {
    case 'no_credentials':
    case 'expired_credentials':
    case 'invalid_credentials':
      return 'Credentials come from the default chain of the AWS SDK: environment, profile, web identity, container or machine role';
    case 'access_denied':
      return 'The identity needs s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject, and the key of an encrypted bucket';
    case 'wrong_region':
    case 'no_such_bucket':
      return 'Check objects.location, s3.region and s3.endpoint; "braid config" shows them';
    default:
      return 'Check objects.location and s3.endpoint, and the network between; "braid config" shows them';
  }
}
