import { fileURLToPath } from 'node:url';
import { type AnswerSettings, createAnswer } from './answer/answer.ts';
import type { GuardPolicy } from './answer/guard.ts';
import { createSessions } from './answer/sessions.ts';
import { sweepOnce, sweepSessions } from './answer/sweep-sessions.ts';
import { createTurns } from './answer/turns.ts';
import type { Config, GuardrailConfig } from './config.ts';
import { InvalidConfiguration } from './domain/errors.ts';
import type { RecordInvocation } from './domain/invocation.ts';
import { createTenantTurns, type TenantTurns } from './domain/tenant-turns.ts';
import { type ApiKeys, createApiKeys } from './identity/api-keys.ts';
import { type AuditLog, createAuditLog } from './identity/audit-log.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { guardDocuments, guardState } from './identity/guarded-writes.ts';
import type { Authenticator } from './identity/identity.ts';
import { createScopeMaker, type ScopeMaker } from './identity/scope.ts';
import { createTenantDeletions, type TenantDeletions } from './identity/tenant-deletion.ts';
import { createTokenVerifier } from './identity/tokens.ts';
import { createChooseChunker } from './ingest/choose-chunker.ts';
import { createFairIngest } from './ingest/fair-ingest.ts';
import { createFeeds } from './ingest/feed.ts';
import { removeLettersNaming } from './ingest/feed-dead-letters.ts';
import { createIngest, createRecipeOf } from './ingest/ingest.ts';
import { createIngestSource } from './ingest/ingest-source.ts';
import { createJobs } from './ingest/jobs.ts';
import { createParser } from './ingest/parse.ts';
import {
  type BedrockModels,
  createBedrockModels,
  isBedrockModel,
} from './models/bedrock/create-bedrock-models.ts';
import { createBedrockGuardrail } from './models/bedrock/guardrail.ts';
import type { EmbeddingModel } from './models/embedding-model.ts';
import type { Guardrail } from './models/guardrail.ts';
import type { LanguageModel } from './models/language-model.ts';
import { createExtractiveModel } from './models/local/extractive.ts';
import { createLocalGuardrail } from './models/local/guardrail/create-local-guardrail.ts';
import { createTextMask } from './models/local/guardrail/create-text-mask.ts';
import type { OwnPattern } from './models/local/guardrail/settings.ts';
import { createLocalEmbeddingModel, type LocalEmbeddingModel } from './models/local/minilm.ts';
import {
  recordEmbeddingModel,
  recordGuardrail,
  recordLanguageModel,
  recordRerankingModel,
} from './models/recorded-models.ts';
import type { RerankingModel } from './models/reranking-model.ts';
import { shareEmbeddingModel, shareLanguageModel, shareRerankingModel } from './models/tenant-shares.ts';
import { createFolderObjectStore } from './objects/folder/folder-object-store.ts';
import { createInvocationLog } from './objects/invocation-log.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { createS3, type S3 } from './objects/s3/create-s3.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { createArrange } from './rerank/arrange.ts';
import { createRerank } from './rerank/rerank.ts';
import { createRetrieve } from './retrieval/retrieve.ts';
import { createSearchDefaults } from './retrieval/search-defaults.ts';
import type { DocumentStore } from './search-engine/document-store.ts';
import { createOpenSearchEngine } from './search-engine/opensearch/create-opensearch-engine.ts';
import type { SearchEngine } from './search-engine/search-engine.ts';
import { createSqliteEngine } from './search-engine/sqlite/create-sqlite-engine.ts';
import { createScratchTexts } from './search-engine/sqlite/scratch-texts.ts';
import type { StateStore } from './search-engine/state-store.ts';
import { feedFormats } from './sources/feeds/feed-formats.ts';
import {
  maxMetadataBytes,
  metadataSuffix,
  parseObjectMetadata,
  tellsMediaType,
} from './sources/object-metadata.ts';
import { openSources } from './sources/open-sources.ts';
import type { Source } from './sources/source.ts';
import { createTelemetry } from './telemetry/create-telemetry.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

/** A running Braid. */
export interface Braid {
  readonly pipeline: Pipeline;
  readonly scopes: ScopeMaker;
  readonly telemetry: Telemetry;
  readonly embeddingModel: EmbeddingModel;
  /** The first is the default. */
  readonly languageModels: readonly LanguageModel[];
  readonly rerankingModels: readonly RerankingModel[];
  /** Each guardrail that is configured, with the setting that says so. */
  readonly guardrails: readonly { readonly setting: string; readonly guardrail: Guardrail }[];
  readonly engine: SearchEngine;
  readonly documents: DocumentStore;
  /** Braid's own objects. */
  readonly objects: ObjectStore;
  /** Everything that S3 holds for this machine's credentials; connects when it is first used. */
  readonly s3: S3;
  readonly apiKeys: ApiKeys;
  readonly audit: AuditLog;
  readonly tenantDeletions: TenantDeletions;
  /** Absent where nobody has to show who they are. */
  readonly authenticator?: Authenticator;
  /** Files, folders, S3 and web addresses as one source. @throws {InvalidInput} for what cannot be one */
  openSources(paths: readonly string[]): Promise<Source>;
  /** Takes up the jobs that earlier processes left; for the process that serves. @throws {EngineUnavailable} */
  recover(): Promise<void>;
  /** The metrics in Prometheus' text format. */
  prometheus(): Promise<string>;
  /** Finishes what runs and lets go of files, processes and connections. */
  close(): Promise<void>;
}

/** Both engines, as the composition root knows them. */
interface Engine {
  readonly engine: SearchEngine;
  readonly documents: DocumentStore;
  readonly state: StateStore;
  ready(): Promise<void>;
  close(): Promise<void>;
}

const assets = fileURLToPath(new URL('assets/', import.meta.url));

/** For a tenant's turn at a model; the search goes on without it then, where it can. */
const modelWaitMs = 5_000;

/** A reranking model gets this long before the fused order is returned. */
const rerankTimeoutMs = 2_000;

/**
 * Builds Braid from its configuration: the only place that chooses adapters.
 * @throws {InvalidConfiguration} {EngineUnavailable} {EngineMismatch}
 */
export async function createBraid(config: Config): Promise<Braid> {
  const opened: (() => unknown)[] = [];
  try {
    return await buildBraid(config, opened);
  } catch (error) {
    // What stays open would keep the process, which has nothing more to do; why it could not start is what is told.
    await Promise.allSettled(opened.map(async (close) => close()));
    throw error;
  }
}

/** @param opened takes what lets go of each part, as it is opened: the last is let go of first */
async function buildBraid(config: Config, opened: (() => unknown)[]): Promise<Braid> {
  // Before anything is opened: settings that no search could carry out are told at once.
  const searchDefaults = createSearchDefaults(config.search, config.models.reranking);
  checkFeedMappings(config.feeds.mappings);
  const { telemetry, prometheus, close: closeTelemetry } = createTelemetry({ level: config.log.level });
  opened.push(closeTelemetry);
  const bedrock = createBedrockModels(config.bedrock, telemetry);
  opened.push(bedrock.close);
  const { embedding: embeddingModel, local } = await createEmbeddingModels(config, bedrock, telemetry);
  opened.push(() => local?.close());
  const s3 = createS3(config.s3);
  opened.push(s3.close);
  const objects = openObjects(config.objects.location, s3);
  let mask: ((text: string) => string) | undefined;
  const invocationLog = createInvocationLog(objects, telemetry, {
    ...config.invocationLog,
    // Made with the first text: a pattern that cannot be is told of where guardrails are made.
    mask: (text) => {
      mask ??= createTextMask(ownPatterns(config));
      return mask(text);
    },
    isKept: async (tenantId, since) => !(await tenantDeletions.wasDeletedSince(tenantId, since)),
  });
  const record: RecordInvocation = config.invocationLog.enabled ? invocationLog.record : () => {};
  const makeTurns = modelTurns(config.limits.models);
  const model = shareEmbeddingModel(recordEmbeddingModel(embeddingModel, record), makeTurns);
  const rerankingModels = config.models.reranking.map((id) =>
    shareRerankingModel(recordRerankingModel(bedrock.reranking(id), record), makeTurns),
  );
  const languageModels = [
    shareLanguageModel(recordLanguageModel(createLanguageModel(config, bedrock, local), record), makeTurns),
  ];
  const adapter = await createEngine(config, model, telemetry);
  // The invocation log asks the engine whether a tenant is still there.
  opened.push(adapter.close, invocationLog.close);
  const parser = createParser(config.ingest.parse, telemetry);
  opened.push(parser.close);
  const chooseChunker = createChooseChunker(config.ingest.chunking, model);
  const { engine } = adapter;
  const scopes = createScopeMaker({
    accessRequired: (tenantId) =>
      Object.hasOwn(config.tenants, tenantId) && config.tenants[tenantId]!.accessControl === 'required',
  });
  const apiKeys = createApiKeys(adapter.state);
  const audit = createAuditLog({
    ...config.audit,
    onFailure: (error) => telemetry.log.error({ error }, 'Cannot write the audit log'),
  });
  opened.push(audit.flush);
  const tenantDeletions = createTenantDeletions({
    documents: adapter.documents,
    state: adapter.state,
    keys: apiKeys,
    audit,
    invocations: invocationLog,
    letters: {
      removeNaming: (tenantId) => removeLettersNaming(adapter.state, scopes.operator, tenantId),
    },
    scopeOf: scopes.operator,
  });
  const documents = guardDocuments(adapter.documents, tenantDeletions);
  const state = guardState(adapter.state, tenantDeletions);
  const authenticator = await createAuthentication(config, apiKeys, scopes);

  const { lifeOf } = tenantDeletions;
  const ingestPorts = { parser, chooseChunker, model, documents, telemetry, lifeOf };
  const { concurrency } = config.ingest;
  const ingest = createFairIngest(
    createIngest(ingestPorts),
    createTenantTurns({
      // A tenant alone never fills all places: one that comes is served at once.
      atOnce: concurrency * 2,
      tenantAtOnce: config.limits.ingest.tenantConcurrency ?? concurrency,
      tenantPerSecond: config.limits.ingest.tenantDocumentsPerSecond,
      what: 'documents',
    }),
  );
  const jobs = createJobs({ ingest, state, telemetry }, scopes.operator, concurrency);
  const feeds = createFeeds(
    {
      ingest,
      documents,
      state,
      telemetry,
      readers: feedFormats,
      operatorOf: scopes.operator,
      lifeOf,
      openScratch: createScratchTexts,
      objects: {
        // An event is not to decide what this machine's credentials are used to read.
        storeOf: (bucket) => (config.feeds.buckets.includes(bucket) ? s3.bucket(bucket, '') : undefined),
        metadataSuffix,
        maxMetadataBytes,
        parseMetadata: parseObjectMetadata,
        tellsMediaType,
      },
    },
    { ...config.feeds, maxDocumentBytes: config.ingest.parse.maxDocumentBytes },
  );
  const guardrails: { setting: string; guardrail: Guardrail }[] = [];
  const answerSettings = createAnswerSettings(config, (setting, given) => {
    const parts = { embedding: model, bedrock, settings: config.bedrock, telemetry };
    const made = createGuardrail(setting, given, parts);
    // The local one is asked with each word of a stream; what it has embedded is written down.
    const guardrail = given.model === 'local' ? made : recordGuardrail(made, record);
    guardrails.push({ setting, guardrail });
    return guardrail;
  });
  const sessions = createSessions(
    {
      state,
      engine,
      countTokens: (text) => model.tokenizer.count(text),
      scopeOf: scopes.operator,
      lifeOf,
    },
    config.answers.sessions,
  );
  const pipeline = createPipeline({
    feeds,
    ingest,
    ingestSource: createIngestSource(
      { ingest, documents, recipeOf: createRecipeOf(ingestPorts), telemetry },
      config.ingest,
    ),
    jobs,
    retrieve: createRetrieve(engine, model, telemetry),
    arrange: createArrange(engine, telemetry),
    rerank: createRerank(rerankingModels, rerankTimeoutMs, telemetry),
    openTurn: createTurns(sessions, answerSettings, telemetry),
    answer: createAnswer(telemetry),
    engine,
    documents,
    languageModels,
    rerankingModels: rerankingModels.map(({ id }) => id),
    searchDefaults,
    telemetry,
    ready: adapter.ready,
  });

  let stopSweeping: (() => Promise<void>) | undefined;
  let sweepingObjects: Promise<void> | undefined;
  const closing = new AbortController();
  return {
    pipeline,
    scopes,
    telemetry,
    embeddingModel: model,
    languageModels,
    rerankingModels,
    guardrails,
    engine,
    documents,
    objects,
    s3,
    apiKeys,
    audit,
    tenantDeletions,
    ...(authenticator !== undefined && { authenticator }),
    openSources: (paths) =>
      openSources(paths, { ...config.ingest.parse, openBucket: (bucket) => s3.bucket(bucket) }),
    async recover() {
      await jobs.recover();
      await sweepOnce(sessions, telemetry);
      stopSweeping ??= sweepSessions(sessions, telemetry);
      // Not waited for: there may be many objects to look through.
      sweepingObjects ??= sweepObjects(objects, closing.signal, telemetry);
    },
    prometheus,
    async close() {
      await pipeline.close();
      closing.abort();
      await stopSweeping?.();
      await sweepingObjects;
      for (const letGo of opened.toReversed()) await letGo();
    },
  };
}

/** `s3://bucket/prefix`, or a folder. */
function openObjects(location: string, s3: S3): ObjectStore {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
  if (bucket === undefined) return createFolderObjectStore(location);
  return s3.bucket(bucket, prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`);
}

/** A store that cannot be swept serves all the same. */
async function sweepObjects(objects: ObjectStore, signal: AbortSignal, telemetry: Telemetry): Promise<void> {
  try {
    const removed = (await objects.sweep?.({ signal })) ?? 0;
    if (removed > 0) telemetry.log.info({ removed }, 'removed what was left of interrupted writes');
  } catch (error) {
    if (!signal.aborted) telemetry.log.warn({ error }, 'cannot remove what is left of interrupted writes');
  }
}

/** A model's own bounds are its adapter's: here it is only what one tenant may have of it. */
function modelTurns({ tenantConcurrency, tenantCallsPerSecond }: Config['limits']['models']) {
  return (what: string, background?: 'background'): TenantTurns =>
    createTenantTurns({
      atOnce: Number.POSITIVE_INFINITY,
      tenantAtOnce: tenantConcurrency,
      tenantPerSecond: tenantCallsPerSecond,
      ...(background === undefined && { maxWaitMs: modelWaitMs }),
      what,
    });
}

async function createAuthentication(
  { authentication }: Config,
  apiKeys: ApiKeys,
  scopes: ScopeMaker,
): Promise<Authenticator | undefined> {
  if (authentication === undefined) return undefined;
  const { jwt } = authentication;
  return createAuthenticator(
    {
      ...(authentication.apiKeys && { apiKeys }),
      ...(jwt !== undefined && { tokens: await createTokenVerifier(jwt) }),
    },
    scopes,
  );
}

function createEngine(config: Config, model: EmbeddingModel, telemetry: Telemetry): Promise<Engine> {
  const embedding = { modelId: model.id, dimensions: model.dimensions };
  return config.engine === 'sqlite'
    ? createSqliteEngine({ folder: config.data, embedding, telemetry })
    : createOpenSearchEngine({ connection: config.opensearch, embedding, telemetry });
}

interface EmbeddingModels {
  /** Of documents and queries. */
  readonly embedding: EmbeddingModel;
  /** Present where it is used: for the above, or to choose sentences for the extractive model. */
  readonly local?: LocalEmbeddingModel;
}

/** Those of every guardrail: what one tenant finds must not be kept of another either. */
function ownPatterns({ guardrails, tenants }: Config): OwnPattern[] {
  const all = [guardrails, ...Object.values(tenants).map((tenant) => tenant.guardrails)];
  return all.flatMap((given) =>
    given === undefined || given === 'none'
      ? []
      : [...(given.input?.patterns ?? []), ...(given.output?.patterns ?? [])],
  );
}

async function createEmbeddingModels(
  { models }: Config,
  bedrock: BedrockModels,
  telemetry: Telemetry,
): Promise<EmbeddingModels> {
  const { embedding: id, embeddingDimensions: dimensions } = models;
  const remote = isBedrockModel(id) ? bedrock.embedding(id, dimensions) : undefined;
  if (remote === undefined && id !== 'local/all-MiniLM-L6-v2') {
    throw unknownModel('models.embedding', id, 'local/all-MiniLM-L6-v2 or one of bedrock/');
  }
  if (remote !== undefined && models.language !== 'local/extractive') return { embedding: remote };
  const local = await createLocalEmbeddingModel({ folder: `${assets}all-MiniLM-L6-v2`, telemetry });
  if (remote !== undefined) return { embedding: remote, local };
  if (dimensions !== undefined && dimensions !== local.dimensions) {
    await local.close();
    throw new InvalidConfiguration(
      'models.embeddingDimensions',
      `Expected models.embeddingDimensions to be ${local.dimensions} with ${id}, got ${dimensions}`,
    );
  }
  return { embedding: local, local };
}

type MakeGuardrail = (setting: string, config: GuardrailConfig) => Guardrail;

/** Each tenant's settings of answers; guardrails are made here, so that a wrong one is found at start. */
function createAnswerSettings(
  { answers, guardrails, tenants }: Config,
  makeGuardrail: MakeGuardrail,
): (tenantId: string) => AnswerSettings {
  const policyOf = (setting: string, config: GuardrailConfig): GuardPolicy => ({
    ...config,
    guardrail: makeGuardrail(setting, config),
  });
  const settings = (guard: GuardPolicy | undefined, withholdUngrounded: boolean): AnswerSettings => ({
    ...(guard !== undefined && { guard }),
    withholdUngrounded,
    linkHosts: answers.linkHosts,
  });
  const guard = guardrails && policyOf('guardrails', guardrails);
  const general = settings(guard, answers.withholdUngrounded);
  const own = new Map(
    Object.entries(tenants).map(([tenantId, tenant]) => {
      const { guardrails: given, withholdUngrounded = answers.withholdUngrounded } = tenant;
      const setting = `tenants.${tenantId}.guardrails`;
      const ownGuard = given === undefined ? guard : given === 'none' ? undefined : policyOf(setting, given);
      return [tenantId, settings(ownGuard, withholdUngrounded)];
    }),
  );
  return (tenantId) => own.get(tenantId) ?? general;
}

function createGuardrail(
  setting: string,
  config: GuardrailConfig,
  parts: {
    readonly embedding: EmbeddingModel;
    readonly bedrock: BedrockModels;
    readonly settings: Config['bedrock'];
    readonly telemetry: Telemetry;
  },
): Guardrail {
  if (config.model !== 'local') {
    const at = config.model.lastIndexOf(':');
    return createBedrockGuardrail({
      connection: parts.bedrock.connection,
      guardrail: config.model.slice('bedrock/'.length, at),
      version: config.model.slice(at + 1),
      contextualGrounding: config.contextualGrounding,
      timeoutMs: config.timeoutMs,
      maxCallsAtOnce: parts.settings.maxCallsAtOnce,
      telemetry: parts.telemetry,
    });
  }
  try {
    return createLocalGuardrail(config, parts.embedding);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidConfiguration(`${setting}.patterns`, `Cannot use ${setting}: ${reason}`, { cause });
  }
}

/** Whoever sends events over HTTP could not mend them. */
function checkFeedMappings(mappings: Config['feeds']['mappings']): void {
  for (const [format, mapping] of Object.entries(mappings)) {
    const setting = `feeds.mappings.${format}`;
    const make = Object.hasOwn(feedFormats, format) ? feedFormats[format] : undefined;
    if (make === undefined) {
      const known = Object.keys(feedFormats).join(', ');
      throw new InvalidConfiguration(setting, `Unknown setting ${setting}, expected one of ${known}`);
    }
    try {
      make(mapping);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InvalidConfiguration(setting, `Cannot use ${setting}: ${reason}`, { cause });
    }
  }
}

function createLanguageModel(
  { models: { language: id } }: Config,
  bedrock: BedrockModels,
  local: EmbeddingModel | undefined,
): LanguageModel {
  if (isBedrockModel(id)) return bedrock.language(id);
  // Its thresholds hold for the local embedding model alone.
  if (id === 'local/extractive' && local !== undefined) return createExtractiveModel(local);
  throw unknownModel('models.language', id, 'local/extractive or one of bedrock/');
}

function unknownModel(setting: string, id: string, known: string): InvalidConfiguration {
  return new InvalidConfiguration(setting, `Unknown ${setting} ${JSON.stringify(id)}, expected ${known}`);
}
