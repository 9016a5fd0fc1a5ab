import { type Api, createApi } from '../../api/create-api.ts';
import type { ApiOptions } from '../../api/environment.ts';
import type { AnswerEvent, AnswerResponse } from '../../domain/answer.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
import type { WriteResult } from '../../domain/ingest.ts';
import type { Hit, ResolvedSearchRequest, SearchResponse } from '../../domain/search.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import type { Pipeline } from '../../pipeline.ts';
import { createTelemetry } from '../../telemetry/create-telemetry.ts';

/** A pipeline of the calls that a test expects; any other throws. */
export function expectedPipeline(expected: Partial<Pipeline>): Pipeline {
  return new Proxy(expected as Pipeline, {
    get(target, name: keyof Pipeline) {
      if (Object.hasOwn(target, name)) return target[name];
      return () => {
        throw new Error(`Unexpected call of pipeline.${name}`);
      };
    },
  });
}

export interface ApiUnderTest {
  readonly api: Api;
  /** Parsed log lines so far. */
  readonly log: Record<string, unknown>[];
  /** Sends JSON to a path of the API. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** The API over a pipeline of the expected calls alone. */
export function apiUnderTest(
  expected: Partial<Pipeline> = {},
  options: Partial<ApiOptions['server']> & { heartbeatMs?: number; maxSilenceMs?: number } = {},
): ApiUnderTest {
  const log: Record<string, unknown>[] = [];
  const { heartbeatMs, maxSilenceMs, ...server } = options;
  const telemetry = createTelemetry({
    level: 'info',
    destination: { write: (line) => void log.push(JSON.parse(line)) },
  });
  const api = createApi({
    pipeline: expectedPipeline(expected),
    scopes: createScopeMaker({ accessRequired: () => false }),
    telemetry: telemetry.telemetry,
    prometheus: telemetry.prometheus,
    server: { concurrency: 8, maxBodyBytes: 100_000, timeoutMs: 5_000, ...server },
    ...(heartbeatMs !== undefined && { heartbeatMs }),
    ...(maxSilenceMs !== undefined && { maxSilenceMs }),
  });
  return {
    api,
    log,
    async send(method, path, body, headers = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return api.request(path, {
        method,
        headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
        ...(text !== undefined && { body: text }),
      });
    },
  };
}

/** A problem reply: its media type is checked, its request id left out. */
export async function problemIn(response: Response): Promise<Record<string, unknown>> {
  const mediaType = response.headers.get('content-type');
  if (mediaType !== 'application/problem+json') throw new Error(`Expected a problem, got ${mediaType}`);
  const { requestId, ...problem } = (await response.json()) as Record<string, unknown>;
  if (requestId !== response.headers.get('x-request-id'))
    throw new Error(`Unexpected request id ${requestId}`);
  return problem;
}

export const resolvedRequest: ResolvedSearchRequest = {
  query: 'q',
  topK: 10,
  lexical: { weight: 0.5, candidates: 100, fields: { title: 1, text: 1 } },
  dense: { weight: 0.5, candidates: 100 },
  fusion: { method: 'linear', normalization: 'min_max' },
  complete: false,
  boosts: [],
  highlight: false,
  facets: [],
};

export const hit: Hit = {
  rank: 1,
  score: 0.75,
  documentId: 'a/b',
  version: '3',
  contentHash: 'c0',
  source: 'api',
  mediaType: 'text/plain',
  metadata: { lang: 'en' },
  chunk: { chunkId: 'x-0', ordinal: 0, text: 'Hello', headingPath: [], start: 0, end: 5, tokens: 3 },
  breakdown: {
    lexical: { rank: null, score: null, normalized: 0, weight: 0.5, contribution: 0 },
    fused: { score: 0.75, rank: 1 },
  },
};

export const searchResponse: SearchResponse = {
  request: resolvedRequest,
  results: [hit],
  facets: [],
  usage: [{ model: 'local/all-MiniLM-L6-v2', kind: 'embedding', amount: 3 }],
  timings: { total: 1 },
  degraded: [],
};

export const answerResponse: AnswerResponse = {
  answer: { text: 'Hello.' },
  citations: [{ start: 0, end: 6, chunkId: 'x-0', documentId: 'a/b', quote: 'Hello' }],
  abstained: false,
  endReason: 'complete',
  ungrounded: false,
  withheld: false,
  droppedCitations: 0,
  guardrails: [],
  removed: { links: 0, hiddenCharacters: 0 },
  usage: [{ model: 'local/all-MiniLM-L6-v2', kind: 'embedding', amount: 3 }],
  model: 'local/extractive',
  search: resolvedRequest,
  passages: [hit],
  timings: { total: 2 },
  degraded: [],
};

export const answerEvents: readonly AnswerEvent[] = [
  { type: 'passages', passages: [hit] },
  { type: 'text', text: 'Hello.\nSecond line' },
  { type: 'citation', citation: answerResponse.citations[0]! },
  { type: 'usage', usage: answerResponse.usage },
  { type: 'done', response: answerResponse },
];

const part = { version: 3n, deleted: false, eventHash: 'e' };

export const record: DocumentRecord = {
  tenantId: 'default',
  documentId: 'a/b',
  source: 'api',
  content: {
    ...part,
    contentHash: 'c0',
    mediaType: 'text/plain',
    title: 'T',
    claimed: {},
    bytes: 5,
  },
  metadata: { ...part, version: 12n, value: { lang: 'en' } },
  access: { ...part, value: { allow: ['group:staff'] } },
  chunks: 1,
  recipe: 'r',
  updatedAt: '2026-01-02T03:04:05.000Z',
};

export const writeResult: WriteResult = {
  documentId: 'a/b',
  outcome: 'indexed',
  version: 4n,
  chunks: 1,
  embedded: 1,
  truncated: 0,
  breakpointTexts: 0,
  conflicting: false,
};
