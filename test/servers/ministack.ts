import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from './free-port.ts';

const version = '1.5.33';
const region = 'us-east-1';
const account = '000000000000';

/** A server of S3 and SQS which tells a queue what happens to objects; it checks no signatures. */
export interface Ministack {
  readonly endpoint: string;
  readonly client: S3Client;
  /** What a program needs to be let in. */
  readonly environment: Readonly<Record<string, string>>;
  /** A new bucket, and a queue that is told of its objects. */
  createBucket(name: string): Promise<void>;
  /** The bodies of what is in a bucket's queue, in no certain order; each is given once. */
  messages(bucket: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts ministack; undefined where there is no Python to run it. */
export async function startMinistack(): Promise<Ministack | undefined> {
  const folder = await installed((line) => console.error(line));
  if (folder === undefined) {
    const line = 'SKIPPED: events of a real S3 server, since there is no Python 3 with venv to run ministack';
    if (process.env.CI === 'true') throw new Error(line);
    console.error(`\n*** ${line} ***\n`);
    return undefined;
  }
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const program = join(folder, 'bin', 'hypercorn');
  const child = spawn(program, ['ministack.app:app', '--bind', `127.0.0.1:${port}`], {
    cwd: folder,
    stdio: 'ignore',
  });
  await answers(child, endpoint);
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    endpoint,
    client,
    environment: {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      BRAID_S3_ENDPOINT: endpoint,
      BRAID_S3_REGION: region,
    },
    async createBucket(Bucket) {
      await askQueue(endpoint, { Action: 'CreateQueue', QueueName: Bucket });
      await client.send(new CreateBucketCommand({ Bucket }));
      const QueueConfigurations = [
        {
          QueueArn: `arn:aws:sqs:${region}:${account}:${Bucket}`,
          Events: ['s3:ObjectCreated:*' as const, 's3:ObjectRemoved:*' as const],
        },
      ];
      await client.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket,
          NotificationConfiguration: { QueueConfigurations },
        }),
      );
    },
    async messages(bucket) {
      const bodies: string[] = [];
      for (;;) {
        const reply = await askQueue(endpoint, {
          Action: 'ReceiveMessage',
          QueueUrl: `${endpoint}/${account}/${bucket}`,
          MaxNumberOfMessages: '10',
        });
        const found = [...reply.matchAll(/<Body>(.*?)<\/Body>/gs)].map(([, body]) => unescapeXml(body!));
        if (found.length === 0) return bodies;
        bodies.push(...found);
      }
    },
    async stop() {
      client.destroy();
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The folder of a virtual environment with ministack, made once, in the cache folder. */
async function installed(onProgress: (line: string) => void): Promise<string | undefined> {
  const cache = process.env.BRAID_CACHE ?? join(homedir(), '.cache', 'braid');
  const folder = join(cache, `ministack-${version}`);
  const mark = join(folder, 'installed');
  if (existsSync(mark)) return folder;
  const run = promisify(execFile);
  await mkdir(cache, { recursive: true });
  onProgress(`installing ministack ${version} into ${folder} (once)`);
  // Environments cannot be moved: one that is not whole is made again.
  await rm(folder, { recursive: true, force: true });
  const isMade = await run('python3', ['-m', 'venv', folder]).then(
    () => true,
    () => false,
  );
  if (!isMade) return undefined;
  await run(join(folder, 'bin', 'pip'), ['install', '--quiet', `ministack==${version}`]);
  await writeFile(mark, '');
  return folder;
}

async function answers(child: ChildProcess, endpoint: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`ministack ended with status ${child.exitCode}`);
    const reply = await fetch(endpoint).catch(() => undefined);
    if (reply !== undefined) {
      await reply.body?.cancel();
      return;
    }
    await wait(100);
  }
  child.kill('SIGKILL');
  throw new Error('ministack did not answer within 60 s');
}

/** The query protocol of SQS: what the SDK of a queue would do is not what is tested here. */
async function askQueue(endpoint: string, parameters: Record<string, string>): Promise<string> {
  const reply = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sqs/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: new URLSearchParams({ Version: '2012-11-05', ...parameters }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`The queue answered ${reply.status}: ${text.slice(0, 300)}`);
  return text;
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

if (process.argv[1] === import.meta.filename) {
  const folder = await installed((line) => console.error(line));
  if (folder === undefined) console.error('ministack needs Python 3 with venv');
  process.exitCode = folder === undefined ? 1 : 0;
}
