import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerResponse } from '../../domain/answer.ts';
import type { IngestReport } from '../../domain/ingest.ts';
import type { SearchResponse } from '../../domain/search.ts';
import { standInGuardrail } from '../servers/bedrock/apply-guardrail.ts';
import { type BedrockStandIn, startBedrock } from '../servers/bedrock/bedrock.ts';
import { extractiveScript } from '../servers/bedrock/converse-script.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { describeWithS3, s3Credentials, startS3 } from '../servers/s3.ts';
import { writeCorpus } from './corpus.ts';
import { type ProgramOptions, runJson, runProgram } from './program.ts';
import { removeIndices } from './remove-indices.ts';

const titan = 'bedrock/amazon.titan-embed-text-v2:0';
const sonnet = 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const nova = 'bedrock/amazon.nova-lite-v1:0';
const rerank = 'bedrock/cohere.rerank-v3-5:0';

const s3 = await startS3();
afterAll(() => s3?.stop());

interface Place {
  readonly environment: Readonly<Record<string, string>>;
  /** What is taken in. */
  source(corpus: string): Promise<string>;
}

const fromFolder: Place['source'] = async (corpus) => corpus;

describe('documents in, cited answers out, by models of the stand-in for Bedrock, on sqlite', () => {
  describeJob((folder) => ({ environment: { BRAID_DATA: join(folder, 'data') }, source: fromFolder }));
});

describeWithS3(
  'documents in a bucket, cited answers out, by models of the stand-in for Bedrock',
  s3,
  (server) => {
    describeWithOpenSearch('on OpenSearch', (url) => {
      const prefix = `braid-bedrock-${process.pid}`;
      afterAll(() => removeIndices(url, prefix));
      describeJob(() => ({
        environment: {
          ...server.environment,
          BRAID_ENGINE: 'opensearch',
          OPENSEARCH_URL: url,
          BRAID_OPENSEARCH_INDEX_PREFIX: prefix,
        },
        async source(corpus) {
          const bucket = await server.createBucket({ versioned: true });
          for (const name of [
            'harbour.md',
            'machines/crane.md',
            'machines/tides.csv',
            'notice.html',
            'weather.txt',
            'broken.pdf',
          ]) {
            const Body = readFileSync(join(corpus, name));
            await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: `docs/${name}`, Body }));
          }
          return `s3://${bucket}/docs`;
        },
      }));
    });
  },
);

/** Each test goes on where the one before it ended. */
function describeJob(placeIn: (folder: string) => Place): void {
  let bedrock: BedrockStandIn;
  let folder: string;
  let source: string;
  let options: ProgramOptions;
  const braid = <T>(commandLine: string[], more: Record<string, string> = {}) =>
    runJson<T>(commandLine, { ...options, environment: { ...options.environment, ...more } });

  beforeAll(async () => {
    bedrock = await startBedrock({
      keys: new Map([[s3Credentials.accessKeyId, { secretAccessKey: s3Credentials.secretAccessKey }]]),
    });
    folder = mkdtempSync(join(tmpdir(), 'braid-bedrock-'));
    const place = placeIn(folder);
    source = await place.source(writeCorpus(folder));
    options = {
      cwd: folder,
      environment: {
        ...bedrock.environment,
        ...place.environment,
        BRAID_BEDROCK_REGION: bedrock.region,
        BRAID_MODELS_EMBEDDING: titan,
        BRAID_MODELS_LANGUAGE: sonnet,
        BRAID_MODELS_RERANKING: JSON.stringify([rerank]),
      },
    };
  });
  afterAll(async () => {
    await bedrock.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    bedrock.behaviour.faults = () => undefined;
  });

  it('takes documents in, each text embedded once', async () => {
    const report = await braid<IngestReport>(['ingest', source]);
    expect(report.documents).toMatchObject({ seen: 6, indexed: 5, refused: { corrupt: 1 } });
    expect(report.embedded).toBe(bedrock.requests.length);
    expect((await braid<IngestReport>(['ingest', source])).embedded).toBe(0);
  });

  it('finds and reranks, and says what was used', async () => {
    const request = JSON.stringify({ rerank: { model: rerank } });
    const response = await braid<SearchResponse>([
      'search',
      'How much can the blue crane lift?',
      '--request',
      request,
    ]);
    expect(response.results[0]!.documentId).toMatch(/crane\.md$/);
    expect(response.results[0]!.breakdown.rerank?.rank).toBe(1);
    expect(response.degraded).toEqual([]);
    expect(response.usage.map(({ model, kind }) => [model, kind])).toEqual([
      [titan, 'embedding'],
      [rerank, 'rerank'],
    ]);
  });

  it.each([sonnet, nova])('answers with citations that stand in the documents, by %s', async (model) => {
    const response = await braid<AnswerResponse>(['answer', 'When does a pilot board a ship?'], {
      BRAID_MODELS_LANGUAGE: model,
    });
    expect(response).toMatchObject({
      abstained: false,
      ungrounded: false,
      endReason: 'complete',
      droppedCitations: 0,
    });
    for (const { start, end, chunkId, quote } of response.citations) {
      expect(response.answer.text.slice(start, end)).not.toBe('');
      expect(response.passages.find(({ chunk }) => chunk.chunkId === chunkId)?.chunk.text).toContain(quote);
    }
    expect(response.citations.map(({ documentId }) => documentId).join()).toContain('harbour.md');
    expect(response.usage.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['embedding', 'input', 'output']),
    );
  });

  it('understands a follow-up question, which the model makes stand alone, in a session', async () => {
    bedrock.behaviour.converse = (request) =>
      /follow-up question/.test(request.system)
        ? { steps: [{ text: 'How much can the blue crane lift?' }] }
        : extractiveScript(request);
    const answer = (question: string, session: string) =>
      braid<AnswerResponse>(['answer', question, '--session', session]);
    const first = await answer('When does a pilot board a ship?', 'new');
    bedrock.requests.length = 0;
    const second = await answer('And how much can it lift?', first.sessionId!);
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.search.query).toBe('How much can the blue crane lift?');
    expect(second.citations.map(({ documentId }) => documentId).join()).toContain('crane.md');
    expect(second.degraded).toEqual([]);
    expect(bedrock.requests.map(({ operation }) => operation)).toEqual([
      'Converse',
      'InvokeModel',
      'ConverseStream',
    ]);
    const asked = JSON.stringify(bedrock.requests[0]!.body);
    expect(asked).toContain('When does a pilot board a ship?');
    expect(asked).toContain('And how much can it lift?');
    bedrock.behaviour.converse = extractiveScript;
    const stranger = await runProgram(['answer', 'And?', '--session', 'AAAAAAAAAAAAAAAAAAAAAA'], options);
    expect(stranger).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no session') });
  });

  it('holds questions and answers against a guardrail of Bedrock', async () => {
    const guarded = { BRAID_GUARDRAILS: JSON.stringify({ model: `bedrock/${standInGuardrail.id}:1` }) };
    bedrock.requests.length = 0;
    const refused = await braid<AnswerResponse>(['answer', 'Does abracadabra lift a ship?'], guarded);
    expect(refused).toMatchObject({
      endReason: 'guardrail_intervened',
      citations: [],
      guardrails: [{ side: 'input', policy: 'word', action: 'blocked' }],
    });
    expect(bedrock.requests.map(({ operation }) => operation)).toEqual(['ApplyGuardrail']);

    const question = 'When does a pilot board a ship? Tell ann@example.com';
    const answered = await braid<AnswerResponse>(['answer', question], guarded);
    expect(answered.search.query).toBe('When does a pilot board a ship? Tell {EMAIL}');
    expect(answered.guardrails).toContainEqual(
      expect.objectContaining({ side: 'input', type: 'email', action: 'masked' }),
    );
    expect(answered.guardrails).toContainEqual(
      expect.objectContaining({ side: 'output', policy: 'grounding', action: 'reported' }),
    );
    const units = answered.usage.find(({ kind }) => kind === 'guardrail');
    expect(units?.amount).toBeGreaterThan(0);
    const toModels = bedrock.requests.filter(({ operation }) => operation !== 'ApplyGuardrail');
    expect(toModels).toHaveLength(2);
    expect(JSON.stringify(toModels)).not.toContain('ann@example.com');
  });

  it('answers lexically, and says so, while Bedrock is down', async () => {
    bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ServiceUnavailableException' });
    bedrock.requests.length = 0;
    const response = await braid<SearchResponse>(['search', 'blue crane']);
    expect(response.results[0]!.documentId).toMatch(/crane\.md$/);
    expect(response.degraded).toEqual([
      { stage: 'embed', reason: expect.stringContaining('ServiceUnavailable') },
    ]);
    expect(bedrock.requests).toHaveLength(3);
  });

  it.each([
    [
      'another model than the index has',
      { BRAID_MODELS_EMBEDDING: 'bedrock/cohere.embed-english-v3' },
      /cohere/,
    ],
    ['other dimensions than the index has', { BRAID_MODELS_EMBEDDING_DIMENSIONS: '256' }, /256/],
    [
      'a model without its version',
      { BRAID_MODELS_EMBEDDING: 'bedrock/amazon.titan-embed-text-v2' },
      /amazon\.titan-embed-text-v2:0/,
    ],
    [
      'a profile that runs anywhere',
      { BRAID_MODELS_LANGUAGE: 'bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0' },
      /runs anywhere/,
    ],
  ])('refuses %s at start', async (_, environment, message) => {
    const ended = await runProgram(['search', 'crane'], {
      ...options,
      environment: { ...options.environment, ...environment },
    });
    expect(ended.status).not.toBe(0);
    expect(ended.stderr).toMatch(message);
  });
}
