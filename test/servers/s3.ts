import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { describe } from 'vitest';
import { freePort } from './free-port.ts';
import { versitygw } from './versitygw.ts';

/** A real S3 server, which checks signatures and keeps its objects across restarts. */
export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  /** What a program needs to be let in. */
  readonly environment: Readonly<Record<string, string>>;
  /** With the rights of the owner. */
  readonly client: S3Client;
  /** A new bucket with a name of its own. */
  createBucket(options?: { readonly versioned?: boolean }): Promise<string>;
  /** Ends the server as a crash does and starts it again on the same port with what it held. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const s3Credentials = {
  accessKeyId: 'AKIDBRAIDTESTSERVER1',
  secretAccessKey: 'a-secret-of-tests-only',
};
const region = 'eu-central-1';
let buckets = 0;

/** Starts a server of its own; undefined where there is neither a build of it nor Go. */
export async function startS3(): Promise<S3Server | undefined> {
  const program = await versitygw((line) => console.error(line));
  if (program === undefined) {
    const line = 'every test on S3, since there is no Go to build versitygw with';
    if (process.env.CI === 'true') throw new Error(`SKIPPED: ${line}`);
    console.error(`\n*** SKIPPED: ${line} ***\n`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'braid-s3-'));
  for (const name of ['objects', 'versions', 'attributes', 'users']) await mkdir(join(folder, name));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  let child = await launch(program, folder, port);
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: s3Credentials });
  return {
    endpoint,
    region,
    client,
    environment: {
      AWS_ACCESS_KEY_ID: s3Credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      BRAID_S3_ENDPOINT: endpoint,
      BRAID_S3_REGION: region,
    },
    async createBucket({ versioned = false } = {}) {
      buckets += 1;
      const Bucket = `bucket-${process.pid}-${buckets}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      if (versioned) {
        await client.send(
          new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
        );
      }
      return Bucket;
    },
    async restart() {
      await end(child, 'SIGKILL');
      child = await launch(program, folder, port);
    },
    async stop() {
      client.destroy();
      await end(child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Describes tests that need S3; they are skipped where there is none. */
export function describeWithS3(
  name: string,
  server: S3Server | undefined,
  tests: (server: S3Server) => void,
): void {
  if (server !== undefined) describe(name, () => tests(server));
  else describe.skip(name, () => {});
}

async function launch(program: string, folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(
    program,
    [
      ...['--access', s3Credentials.accessKeyId, '--secret', s3Credentials.secretAccessKey],
      ...['--region', region, '--port', `127.0.0.1:${port}`, '--iam-dir', join(folder, 'users')],
      // Attributes beside the files: not each file system has its own.
      ...['--quiet', 'posix', '--sidecar', join(folder, 'attributes')],
      ...['--versioning-dir', join(folder, 'versions'), join(folder, 'objects')],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null)
      throw new Error(`versitygw ended with status ${child.exitCode}: ${complaint}`);
    const answered = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answered !== undefined) {
      await answered.body?.cancel();
      return child;
    }
    await wait(50);
  }
  await end(child, 'SIGKILL');
  throw new Error(`versitygw did not answer within 15 s: ${complaint}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
