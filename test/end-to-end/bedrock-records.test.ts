import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Invocation } from '../../domain/invocation.ts';
import { standInGuardrail } from '../servers/bedrock/apply-guardrail.ts';
import { type BedrockStandIn, standInKeys, startBedrock } from '../servers/bedrock/bedrock.ts';
import { extractiveScript } from '../servers/bedrock/converse-script.ts';
import { describeWithS3, type S3Server, s3Credentials, startS3 } from '../servers/s3.ts';
import { killAfterTest } from './clean-up.ts';
import { writeCorpus } from './corpus.ts';
import { type RunningProgram, runJson, startProgram } from './program.ts';

const s3 = await startS3();
afterAll(() => s3?.stop());

const key = { secretAccessKey: s3Credentials.secretAccessKey };
let bedrock: BedrockStandIn;
let folder: string;

beforeAll(async () => {
  bedrock = await startBedrock({ keys: new Map([...standInKeys, [s3Credentials.accessKeyId, key]]) });
  folder = mkdtempSync(join(tmpdir(), 'braid-records-'));
  await runJson(['ingest', writeCorpus(folder)], { cwd: folder, environment: settings() });
});
afterAll(async () => {
  await bedrock.close();
  rmSync(folder, { recursive: true, force: true });
});

function settings(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ...bedrock.environment,
    BRAID_DATA: join(folder, 'data'),
    BRAID_MODELS_EMBEDDING: 'bedrock/amazon.titan-embed-text-v2:0',
    BRAID_MODELS_LANGUAGE: 'bedrock/amazon.nova-lite-v1:0',
    ...more,
  };
}

async function serve(
  more: Readonly<Record<string, string>>,
): Promise<{ url: string; program: RunningProgram }> {
  const environment = settings(more);
  const program = killAfterTest(
    startProgram(['serve', '--port', '0', '--json'], { cwd: folder, environment }),
  );
  const [, url] = await program.printed(/"url": "([^"]+)"/);
  return { url: url!, program };
}

function answer(url: string, question: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/answer`, {
    method: 'POST',
    body: JSON.stringify({ question }),
    ...init,
    headers: { 'Content-Type': 'application/json', ...init.headers },
  });
}

describeWithS3('the invocation log, in a bucket', s3, (server) => {
  it('has each call of a model once, masked, and nothing of what a guardrail refused', async () => {
    const bucket = await server.createBucket();
    const { url, program } = await serve({
      ...server.environment,
      BRAID_OBJECTS_LOCATION: `s3://${bucket}/braid`,
      BRAID_INVOCATION_LOG_ENABLED: 'true',
      BRAID_INVOCATION_LOG_BODIES: 'true',
      BRAID_INVOCATION_LOG_MAX_BYTES: '4096',
      BRAID_GUARDRAILS: JSON.stringify({ model: `bedrock/${standInGuardrail.id}:1` }),
    });
    bedrock.requests.length = 0;
    const questions = [
      'When does a pilot board a ship? My card is 4111 1111 1111 1111',
      'How much can the blue crane lift? Write to ann@example.com',
      'Does abracadabra lift a ship?',
    ];
    for (const question of questions) expect((await answer(url, question)).status).toBe(200);
    program.child.kill('SIGTERM');
    expect((await program.ended).status).toBe(0);

    const { keys, lines, text } = await readLog(server, bucket);
    expect(keys.length).toBeGreaterThan(1);
    expect(keys.join('\n')).toMatch(
      /^(braid\/invocations\/default\/\d{4}\/\d\d\/\d\d\/[\w-]+\.jsonl\.gz\n?)+$/,
    );
    expect(lines).toHaveLength(bedrock.requests.length);
    expect(countBy(lines, ({ kind, outcome }) => `${kind} ${outcome}`)).toEqual({
      'embedding done': 2,
      'language done': 2,
      'guardrail done': 4,
      'guardrail guardrail_intervened': 1,
    });
    for (const { kind, usage, bodies, requestId } of lines) {
      expect(bodies).toBeDefined();
      expect(requestId).toMatch(/./);
      if (kind === 'guardrail') {
        expect(usage).toEqual([expect.objectContaining({ kind: 'guardrail', amount: expect.any(Number) })]);
        expect(usage[0]!.amount).toBeGreaterThan(0);
      }
    }
    expect(text).toContain('blue crane');
    expect(text).not.toMatch(/ann@example|4111|abracadabra/);
  });
});

describe('a client that leaves within a streamed answer', () => {
  it.each(['http/1.1', 'http/2'])('ends the call of the model, over %s', async (protocol) => {
    const { url } = await serve({ BRAID_BEDROCK_PROTOCOL: protocol });
    bedrock.behaviour.converse = () => ({
      steps: Array.from({ length: 200 }, () => [{ text: 'One more word. ' }, { pauseMs: 50 }]).flat(),
    });
    bedrock.requests.length = 0;
    const leaving = new AbortController();
    const response = await answer(url, 'When does a pilot board a ship?', {
      headers: { Accept: 'text/event-stream' },
      signal: leaving.signal,
    });
    let seen = '';
    try {
      for await (const part of response.body!) {
        seen += Buffer.from(part).toString();
        if (seen.includes('event: text')) leaving.abort();
      }
    } catch (error) {
      expect(leaving.signal.aborted, String(error)).toBe(true);
    }
    const leftAt = performance.now();
    const call = () => bedrock.requests.find(({ operation }) => operation === 'ConverseStream');
    await expect.poll(() => call()?.wasAbandoned, { timeout: 5_000, interval: 10 }).toBe(true);
    process.stderr.write(
      `the model's call ended ${Math.round(performance.now() - leftAt)} ms after, ${protocol}\n`,
    );
    expect(call()?.httpVersion).toBe(protocol === 'http/2' ? '2.0' : '1.1');
    expect(bedrock.requests.map(({ operation }) => operation)).toEqual(['InvokeModel', 'ConverseStream']);
    expect(seen).not.toContain('event: done');
    bedrock.behaviour.converse = extractiveScript;
    expect((await answer(url, 'When does a pilot board a ship?')).status).toBe(200);
  });
});

async function readLog(server: S3Server, Bucket: string) {
  const listed = await server.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'braid/' }));
  const keys = (listed.Contents ?? []).map(({ Key }) => Key!);
  const texts = await Promise.all(
    keys.map(async (Key) => {
      const { Body } = await server.client.send(new GetObjectCommand({ Bucket, Key }));
      return gunzipSync(await Body!.transformToByteArray()).toString('utf8');
    }),
  );
  const text = texts.join('');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Invocation);
  return { keys, lines, text };
}

function countBy<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}
