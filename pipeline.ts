import type { Answer } from './answer/answer.ts';
import { checkAnswerRequest } from './answer/check-answer-request.ts';
import type { OpenTurn, OpenTurnOf } from './answer/turns.ts';
import type { AnswerEvent, AnswerRequest, AnswerResponse } from './domain/answer.ts';
import type { FeedReader } from './domain/change-event.ts';
import type { Chunk } from './domain/chunk.ts';
import { type DocumentRecord, mayShow } from './domain/document-record.ts';
import { InvalidInput, ModelUnavailable, NotFound } from './domain/errors.ts';
import type {
  DeadLetter,
  DeadLetterPage,
  FeedReport,
  FeedRequest,
  PruneReport,
  PruneRequest,
  RecordResult,
  ResyncReport,
  ResyncRequest,
  TakenFeed,
} from './domain/feed.ts';
import type { IngestReport, WriteResult } from './domain/ingest.ts';
import type { Job } from './domain/job.ts';
import type { RankedChunk } from './domain/ranking.ts';
import type { Scope } from './domain/scope.ts';
import type {
  Degradation,
  Hit,
  ResolvedSearchRequest,
  SearchRequest,
  SearchResponse,
} from './domain/search.ts';
import type { Feeds } from './ingest/feed.ts';
import type { Ingest, RequestedChange } from './ingest/ingest.ts';
import type { IngestSource, IngestSourceOptions } from './ingest/ingest-source.ts';
import type { Jobs } from './ingest/jobs.ts';
import type { LanguageModel } from './models/language-model.ts';
import type { ModelCall } from './models/model-call.ts';
import type { Arrange } from './rerank/arrange.ts';
import { collapseByDocument } from './rerank/collapse.ts';
import type { Rerank } from './rerank/rerank.ts';
import { rerankedText } from './rerank/reranked-text.ts';
import { nextCursor, pageOffset } from './retrieval/cursor.ts';
import { toHit } from './retrieval/hit.ts';
import { atLeastMinimumScore } from './retrieval/minimum-score.ts';
import { resolveSearchRequest } from './retrieval/resolve.ts';
import type { Retrieve } from './retrieval/retrieve.ts';
import type { FindDefaults } from './retrieval/search-defaults.ts';
import type { DocumentStore, ListPage } from './search-engine/document-store.ts';
import type { FoundChunk, SearchEngine } from './search-engine/search-engine.ts';
import type { Source } from './sources/source.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { createUsageAccount, type UsageAccount } from './telemetry/usage-account.ts';

export type { Job } from './domain/job.ts';

/** A change to one document that an indexer or the API asks for. */
export type DocumentChange = RequestedChange;

export interface WriteOptions {
  /** The version that must be stored now (`If-Match`); `null`: no live document may be. */
  readonly ifVersion?: bigint | null;
  /** Return only when the change can be found. @default false */
  readonly searchable?: boolean;
}

/** What is known of the request that a search or an answer serves. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Marks the calls of models that are made for it. */
  readonly requestId?: string;
}

/** What Braid does, each under a scope: the two sentences of the design, as calls. */
export interface Pipeline {
  /** Takes in everything that a source lists and deletes what it has no more; refuses what cannot be parsed and goes on. */
  ingest(scope: Scope, source: Source, options?: IngestSourceOptions): Promise<IngestReport>;

  /**
   * Applies one change and returns when it is stored.
   * @throws {InvalidInput} {DocumentRefused} {SourceConflict} {VersionMismatch} {EngineUnavailable}
   */
  write(scope: Scope, change: DocumentChange, options?: WriteOptions): Promise<WriteResult>;

  /** Checks and stores a change as a durable job and returns its id; the change is applied later, across restarts. */
  submit(scope: Scope, change: DocumentChange, options?: WriteOptions): Promise<Job>;
  /** @throws {NotFound} */
  job(scope: Scope, jobId: string): Promise<Job>;

  /**
   * Brings a feed of change events into the index, from where an earlier run ended.
   * @throws {FeedStopped} in a storm of dead letters or before a mass deletion
   */
  replay(scope: Scope, request: FeedRequest): Promise<FeedReport>;
  /** Applies change events as they come; one result each, in order, when it is stored. @throws {FeedStopped} {EngineUnavailable} */
  changes(scope: Scope, feed: TakenFeed): AsyncIterable<RecordResult>;
  /** Compares a full listing of a source with the index and repairs the differences. @throws {InvalidInput} {FeedStopped} */
  resync(scope: Scope, request: ResyncRequest): Promise<ResyncReport>;
  /** Forgets deletions of a source that no late event can undo. */
  prune(scope: Scope, request: PruneRequest): Promise<PruneReport>;
  /** @throws {InvalidInput} for an unknown format or a mapping that cannot be */
  feedReader(format: string, mapping?: unknown): FeedReader;
  deadLetters(
    scope: Scope,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<DeadLetterPage>;
  deadLetter(scope: Scope, letterId: string): Promise<DeadLetter | undefined>;
  /** Tries a dead letter again and drops it where it can be applied. */
  retryDeadLetter(scope: Scope, letter: DeadLetter, reader: FeedReader): Promise<RecordResult>;
  dropDeadLetter(scope: Scope, letterId: string): Promise<void>;

  search(scope: Scope, request: SearchRequest, options?: RequestOptions): Promise<SearchResponse>;
  /** The last event is `done` with the whole answer. */
  answer(scope: Scope, request: AnswerRequest, options?: RequestOptions): AsyncIterable<AnswerEvent>;

  /** @throws {NotFound} also where the scope may not read it */
  document(
    scope: Scope,
    documentId: string,
  ): Promise<{ readonly record: DocumentRecord; readonly chunks: readonly Chunk[] }>;
  documents(
    scope: Scope,
    page: ListPage,
  ): Promise<{ readonly records: DocumentRecord[]; readonly next?: string }>;

  /** Resolves when engine and models can serve. @throws {EngineUnavailable} {ModelUnavailable} */
  ready(): Promise<void>;
  /** Finishes what runs, takes nothing new, keeps jobs that have not started. */
  close(): Promise<void>;
}

/** The stages, each already given its ports, and the ports that the pipeline itself reads. */
export interface Stages {
  readonly ingest: Ingest;
  readonly ingestSource: IngestSource;
  readonly jobs: Jobs;
  readonly feeds: Feeds;
  readonly retrieve: Retrieve;
  readonly arrange: Arrange;
  readonly rerank: Rerank;
  readonly openTurn: OpenTurnOf;
  readonly answer: Answer;
  readonly engine: SearchEngine;
  readonly documents: DocumentStore;
  /** The first is the default. */
  readonly languageModels: readonly LanguageModel[];
  readonly rerankingModels: readonly string[];
  readonly searchDefaults: FindDefaults;
  readonly telemetry: Telemetry;
  ready(): Promise<void>;
}

/** Joins the stages: document -> index, and query -> answer. */
export function createPipeline(stages: Stages): Pipeline {
  return {
    ingest: (scope, source, options) => stages.ingestSource(scope, source, options),

    async write(scope, change, { ifVersion, searchable = false } = {}) {
      const result = await stages.ingest(scope, change, ifVersion);
      if (searchable) await stages.documents.refresh(scope);
      return result;
    },

    submit: (scope, change, { ifVersion } = {}) => stages.jobs.submit(scope, change, ifVersion),
    job: (scope, jobId) => stages.jobs.job(scope, jobId),
    replay: (scope, request) => stages.feeds.run(scope, request),
    changes: (scope, feed) => stages.feeds.take(scope, feed),
    resync: (scope, request) => stages.feeds.resync(scope, request),
    prune: (scope, request) => stages.feeds.prune(scope, request),
    feedReader: (format, mapping) => stages.feeds.readerOf(format, mapping),
    deadLetters: (scope, page) => stages.feeds.deadLetters.list(scope, page),
    deadLetter: (scope, letterId) => stages.feeds.deadLetters.get(scope, letterId),
    retryDeadLetter: (scope, letter, reader) => stages.feeds.retry(scope, letter, reader),
    dropDeadLetter: (scope, letterId) => stages.feeds.deadLetters.drop(scope, letterId),
    search: (scope, request, options) =>
      runSearch(stages, scope, request, callFor(stages, scope, 'search', options)),
    answer: (scope, request, options) =>
      runAnswer(stages, scope, request, callFor(stages, scope, 'answer', options)),

    async document(scope, documentId) {
      const record = (await stages.documents.record(scope, documentId))?.record;
      if (record === undefined || !mayShow(scope, record)) {
        throw new NotFound(`There is no document ${JSON.stringify(documentId)}`);
      }
      return { record, chunks: await stages.documents.chunks(scope, documentId) };
    },

    async documents(scope, page) {
      // A tombstone has no access list any more, so that its id would be shown to those who never saw the document.
      if (page.deleted && scope.reach !== 'operator') {
        throw new InvalidInput('deleted', 'Expected an operator to list deleted documents, got a reader');
      }
      return stages.documents.list(scope, page);
    },

    ready: () => stages.ready(),
    close: () => stages.jobs.close(),
  };
}

/** Failed model calls that one request may cost: a first try and two more, over all models that it needs. */
const maxFailedCalls = 3;

/** What every model is told that is called for one request, and the account of what they used. */
interface RequestCall extends ModelCall {
  readonly account: UsageAccount;
}

function callFor(
  { telemetry }: Stages,
  { tenantId }: Scope,
  feature: 'search' | 'answer',
  options: RequestOptions = {},
): RequestCall {
  const account = createUsageAccount(telemetry, { tenantId, feature });
  return {
    ...options,
    tenantId,
    feature,
    failureBudget: { left: maxFailedCalls },
    onUsage: account.add,
    account,
  };
}

/** retrieve -> boost -> collapse -> rerank -> diversify -> page -> fetch. */
async function runSearch(
  stages: Stages,
  scope: Scope,
  given: SearchRequest,
  call: RequestCall,
): Promise<SearchResponse> {
  const startedAt = performance.now();
  const { signal } = call;
  const { defaults, queryClass } = stages.searchDefaults(scope.tenantId, given.query);
  const request = resolveSearchRequest(given, stages.rerankingModels, defaults);
  const retrieval = await stages.retrieve(scope, request, call);
  const timings: Record<string, number> = { ...retrieval.timings };
  const degraded: Degradation[] = [...retrieval.degraded];

  const fetch = async (chunks: readonly RankedChunk[]): Promise<Map<string, FoundChunk>> => {
    if (chunks.length === 0) return new Map();
    const fetchedAt = performance.now();
    const found = await stages.engine.fetch(scope, chunks, fetchOptions(request), signal);
    timings.fetch = performance.now() - fetchedAt;
    stages.telemetry.stage('fetch', timings.fetch);
    return new Map(found.map((chunk) => [chunk.chunkId, chunk]));
  };

  let ranked = atLeastMinimumScore(retrieval.ranked, 'dense', request.minimumScore);
  ranked = atLeastMinimumScore(ranked, 'fused', request.minimumScore);
  if (request.boosts.length > 0) {
    const boosted = await stages.arrange.boost(scope, request, ranked, signal);
    timings.boost = boosted.milliseconds;
    ranked = boosted.ranked;
  }
  if (request.collapse === 'document') ranked = collapseByDocument(ranked);

  let shown: Map<string, FoundChunk> | undefined;
  if (request.rerank !== undefined) {
    const candidates = ranked.slice(0, request.rerank.candidates);
    const texts = await fetch(candidates);
    const present = candidates.filter(({ chunkId }) => texts.has(chunkId));
    const reranked = await stages.rerank(
      request.rerank.model,
      request.query,
      present,
      present.map(({ chunkId }) => rerankedText(texts.get(chunkId)!, request.rerank?.metadataFields)),
      call,
    );
    timings.rerank = reranked.milliseconds;
    degraded.push(...reranked.degraded);
    if (reranked.degraded.length > 0 && request.minimumScore?.on === 'rerank') {
      throw new ModelUnavailable(`Cannot hold minimumScore on rerank: ${reranked.degraded[0]!.reason}`);
    }
    ranked = atLeastMinimumScore(reranked.ranked, 'rerank', request.minimumScore);
    shown = texts;
  }

  if (request.diversity !== undefined || request.duplicates !== undefined) {
    const spread = await stages.arrange.spread(scope, request, ranked, signal);
    timings.diversify = spread.milliseconds;
    ranked = spread.ranked;
  }

  const ids = ranked.map(({ chunkId }) => chunkId);
  const without = degraded.map(({ stage }) => stage);
  const offset = pageOffset(scope.tenantId, request, ids, without, given);
  const results: Hit[] = [];
  let next = offset;
  // One round, but where hits have gone since they were found: then those behind them fill the page.
  while (results.length < request.topK && next < ranked.length) {
    const wanted = ranked.slice(next, next + request.topK - results.length);
    const found = shown ?? (await fetch(wanted));
    for (const chunk of wanted) {
      const present = found.get(chunk.chunkId);
      if (present !== undefined) results.push(toHit(present, chunk, offset + results.length + 1));
    }
    next += wanted.length;
  }
  const cursor = nextCursor(scope.tenantId, request, ids, next, without, given);
  timings.total = performance.now() - startedAt;
  stages.telemetry.stage('search', timings.total);
  return {
    request,
    results,
    facets: retrieval.facets,
    ...(cursor !== undefined && { cursor }),
    ...(queryClass !== undefined && { queryClass }),
    usage: call.account.total(),
    timings,
    degraded,
  };
}

function fetchOptions({ expand, highlight, query }: ResolvedSearchRequest): {
  parents: boolean;
  highlight?: string;
} {
  return { parents: expand === 'parent', ...(highlight && { highlight: query }) };
}

/** guard -> remember -> search -> answer. A question that is refused goes no further than the guardrail. */
async function* runAnswer(
  stages: Stages,
  scope: Scope,
  request: AnswerRequest,
  call: RequestCall,
): AsyncGenerator<AnswerEvent> {
  const { passages, search: given, ...asked } = checkAnswerRequest(request);
  const model = languageModelOf(stages, request.model);
  const search = { ...given, query: asked.question, topK: passages };
  const resolved = resolveInTermsOfAnswer(stages, scope, search);
  const turn = await stages.openTurn(scope, asked, model, call);
  const found =
    turn.refusal === undefined
      ? await runSearch(stages, scope, { ...search, query: turn.question }, call).catch(inTermsOfAnswer)
      : nothingFound({ ...resolved, query: '' });
  const degraded = [...turn.degraded, ...found.degraded];
  for await (const event of stages.answer({ ...turn, found: { ...found, degraded }, model, call })) {
    if (event.type !== 'done') {
      yield event;
      continue;
    }
    const kept = await keepTurn(stages, turn, event.response);
    const usage = call.account.total();
    if (usage.length > 0) yield { type: 'usage', usage };
    yield { type: 'done', response: { ...kept, usage } };
  }
}

function languageModelOf({ languageModels }: Stages, id: string | undefined): LanguageModel {
  const model = id === undefined ? languageModels[0] : languageModels.find((known) => known.id === id);
  if (model !== undefined) return model;
  const known = languageModels.map((configured) => configured.id).join(', ');
  throw new InvalidInput('model', `Unknown model ${JSON.stringify(id)}, configured: ${known || 'none'}`);
}

/** An answer that cannot be remembered is an answer still. */
async function keepTurn(stages: Stages, turn: OpenTurn, response: AnswerResponse): Promise<AnswerResponse> {
  try {
    const sessionId = await turn.keep(response);
    return sessionId === undefined ? response : { ...response, sessionId };
  } catch (error) {
    stages.telemetry.log.warn({ error }, 'Cannot keep the turn of a session');
    stages.telemetry.count('degradations', 1, { stage: 'session' });
    const lost = { stage: 'session', reason: 'the turn could not be kept' } as const;
    return { ...response, degraded: [...response.degraded, lost] };
  }
}

function nothingFound(request: ResolvedSearchRequest): SearchResponse {
  return { request, results: [], facets: [], usage: [], timings: {}, degraded: [] };
}

/** Before anything is asked of a guardrail or a model: what no search could carry out is told at once. */
function resolveInTermsOfAnswer(
  { searchDefaults, rerankingModels }: Stages,
  { tenantId }: Scope,
  request: SearchRequest,
): ResolvedSearchRequest {
  try {
    return resolveSearchRequest(request, rerankingModels, searchDefaults(tenantId, request.query).defaults);
  } catch (error) {
    return inTermsOfAnswer(error);
  }
}

/** The search's query is the answer's question. */
function inTermsOfAnswer(error: unknown): never {
  if (error instanceof InvalidInput && error.field !== 'query') {
    throw new InvalidInput(`search.${error.field}`, error.message, { cause: error });
  }
  throw error;
}
