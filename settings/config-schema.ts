import { z } from 'zod';
import { chunkingSchema } from './chunking-schema.ts';
import type { Config } from './config-types.ts';
import { guardrailSchema } from './guardrail-schema.ts';
import { jwtSchema } from './jwt-schema.ts';
import { searchSettings } from './search-schema.ts';
import { isText, oneOf, setting, text, trueOrFalse, wholeNumber } from './setting-forms.ts';

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}

const bedrockModel = '"bedrock/" and the id or ARN of a model';

function modelPattern(local: string): RegExp {
  return new RegExp(`^(local/${local}|bedrock/\\S+)$`);
}

function isObjectLocation(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return !/^[a-z][a-z0-9+.-]+:\/\//i.test(value) || /^s3:\/\/[^/\s]+(\/.*)?$/.test(value);
}

const layerSchema = z
  .strictObject({
    concurrency: wholeNumber(1, 10_000).default(16),
    tenantConcurrency: wholeNumber(1, 10_000).exactOptional(),
    tenantRequestsPerSecond: wholeNumber(1, 1_000_000).exactOptional(),
    maxWaitMs: wholeNumber(1, 3_600_000).default(5_000),
  })
  .prefault({});

const tenantName = text('1 to 64 characters of a-z, 0-9, "_" and "-"', /^[a-z0-9_-]{1,64}$/);

/** Checks, and fills in each default. */
export const configSchema = z.strictObject({
  engine: oneOf('sqlite', 'opensearch').default('sqlite'),
  data: text('the path of a folder').default('.braid'),
  server: z
    .strictObject({
      host: text('a host name or an address').default('127.0.0.1'),
      port: wholeNumber(0, 65_535).default(8080),
      concurrency: wholeNumber(1, 10_000).default(64),
      maxBodyBytes: wholeNumber(1_024, 1_073_741_824).default(33_554_432),
      timeoutMs: wholeNumber(1, 3_600_000).default(30_000),
    })
    .prefault({}),
  opensearch: z
    .strictObject({
      url: setting<string>('an http:// or https:// address', isWebAddress).default('http://127.0.0.1:9201'),
      username: text('the name of a user').exactOptional(),
      password: text('the password of a user', /./).exactOptional(),
      caFile: text('the path of a PEM file').exactOptional(),
      sigv4: z
        .strictObject({
          region: text('the name of an AWS region', /^[a-z0-9-]+$/),
          service: setting<'es'>(
            '"es" ("aoss", OpenSearch Serverless, assigns its own ids, forces Faiss and is older than 3.5)',
            (value) => value === 'es',
          ).default('es'),
        })
        .exactOptional(),
      indexPrefix: text(
        '1 to 64 characters of a-z, 0-9, "_" and "-", a letter or digit first',
        /^[a-z0-9][a-z0-9_-]{0,63}$/,
      ).default('braid'),
      shards: wholeNumber(1, 1_024).default(1),
      replicas: wholeNumber(0, 64).default(0),
    })
    .prefault({}),
  objects: z
    .strictObject({
      // Where it is not set it depends on the folder of the data, and is filled in after.
      location: setting<string>('the path of a folder, or s3://bucket/prefix', isObjectLocation).default(''),
    })
    .prefault({}),
  invocationLog: z
    .strictObject({
      enabled: setting<boolean>('true or false', (value) => typeof value === 'boolean').default(false),
      bodies: setting<boolean>('true or false', (value) => typeof value === 'boolean').default(false),
      maxBytes: wholeNumber(1_024, 67_108_864).default(1_048_576),
      maxSeconds: wholeNumber(1, 3_600).default(60),
    })
    .prefault({}),
  s3: z
    .strictObject({
      endpoint: setting<string>('an http:// or https:// address', isWebAddress).exactOptional(),
      pathStyle: setting<boolean>('true or false', (value) => typeof value === 'boolean').exactOptional(),
      region: text('the name of an AWS region', /^[a-z0-9-]+$/).exactOptional(),
      kmsKeyId: text('the id, alias or ARN of a KMS key').exactOptional(),
      timeoutMs: wholeNumber(100, 600_000).default(10_000),
      maxAttempts: wholeNumber(1, 20).default(4),
    })
    .prefault({}),
  sts: z
    .strictObject({
      endpoint: setting<string>('an http:// or https:// address', isWebAddress).exactOptional(),
    })
    .prefault({}),
  models: z
    .strictObject({
      embedding: text(
        `"local/all-MiniLM-L6-v2" or ${bedrockModel}`,
        modelPattern('all-MiniLM-L6-v2'),
      ).default('local/all-MiniLM-L6-v2'),
      embeddingDimensions: wholeNumber(1, 16_000).exactOptional(),
      language: text(`"local/extractive" or ${bedrockModel}`, modelPattern('extractive')).default(
        'local/extractive',
      ),
      reranking: z.array(text(bedrockModel, /^bedrock\/\S+$/)).default([]),
    })
    .prefault({}),
  bedrock: z
    .strictObject({
      region: text('the name of an AWS region', /^[a-z0-9-]+$/).exactOptional(),
      endpoint: setting<string>('an http:// or https:// address', isWebAddress).exactOptional(),
      agentEndpoint: setting<string>('an http:// or https:// address', isWebAddress).exactOptional(),
      protocol: oneOf('http/1.1', 'http/2').default('http/1.1'),
      connectTimeoutMs: wholeNumber(1, 600_000).default(3_000),
      requestTimeoutMs: wholeNumber(1, 3_600_000).default(60_000),
      maxCallsAtOnce: wholeNumber(1, 1_000).default(64),
      residency: oneOf('region', 'geography', 'any').default('geography'),
      allowUnpinned: trueOrFalse.default(false),
      rerankBy: oneOf('rerank', 'invoke').default('rerank'),
      promptCaching: trueOrFalse.default(true),
      maxAnswerTokens: wholeNumber(1, 65_536).default(2_048),
      guardrail: z
        .strictObject({
          id: text('the id or ARN of a guardrail'),
          version: text('the number of a version, or "DRAFT"', /^([1-9][0-9]{0,7}|DRAFT)$/),
          trace: oneOf('enabled', 'disabled', 'enabled_full').default('enabled'),
          streamMode: oneOf('sync', 'async').default('sync'),
        })
        .exactOptional(),
    })
    .prefault({}),
  search: searchSettings
    .extend({ tenants: z.record(tenantName, searchSettings).exactOptional() })
    .default({}),
  ingest: z
    .strictObject({
      chunking: chunkingSchema.default({ strategy: 'default' }),
      concurrency: wholeNumber(1, 64).default(8),
      maxMissingPercentage: wholeNumber(0, 100).default(20),
      parse: z
        .strictObject({
          processes: wholeNumber(1, 64).default(2),
          maxMemoryBytes: wholeNumber(134_217_728, 1_099_511_627_776).default(268_435_456),
          timeoutMs: wholeNumber(100, 3_600_000).default(30_000),
          maxDocumentBytes: wholeNumber(1, 1_073_741_824).default(52_428_800),
        })
        .prefault({}),
    })
    .prefault({}),
  feeds: z
    .strictObject({
      concurrency: wholeNumber(1, 64).default(32),
      batchEvents: wholeNumber(1, 10_000).default(500),
      storm: z
        .strictObject({
          consecutive: wholeNumber(1, 1_000_000).default(10),
          windowPercentage: wholeNumber(1, 101).default(15),
          total: wholeNumber(1, 1_000_000_000).default(1_000),
        })
        .prefault({}),
      mappings: z.record(text('the name of a format'), z.unknown()).default({}),
      buckets: z.array(text('the name of a bucket')).default([]),
    })
    .prefault({}),
  answers: z
    .strictObject({
      withholdUngrounded: trueOrFalse.default(false),
      linkHosts: z.array(text('the name of a host', /^[a-z0-9.-]+$/i)).default([]),
      sessions: z
        .strictObject({
          expireMinutes: wholeNumber(1, 43_200).default(60),
          maxHistoryTokens: wholeNumber(100, 100_000).default(2_000),
        })
        .prefault({}),
    })
    .prefault({}),
  guardrails: guardrailSchema.exactOptional(),
  tenants: z
    .record(
      tenantName,
      z.strictObject({
        accessControl: oneOf('optional', 'required').default('optional'),
        withholdUngrounded: trueOrFalse.exactOptional(),
        guardrails: z
          .union([z.literal('none'), guardrailSchema], { error: '"none" or an object of settings' })
          .exactOptional(),
      }),
    )
    .default({}),
  authentication: z
    .strictObject({
      apiKeys: trueOrFalse.default(true),
      jwt: jwtSchema.exactOptional(),
    })
    .exactOptional(),
  limits: z
    .strictObject({
      tenantRequestsPerSecond: wholeNumber(1, 1_000_000).exactOptional(),
      keyRequestsPerSecond: wholeNumber(1, 1_000_000).exactOptional(),
      tenantConcurrency: wholeNumber(1, 10_000).exactOptional(),
      search: layerSchema,
      answer: layerSchema,
      ingest: z
        .strictObject({
          tenantRequestsPerSecond: wholeNumber(1, 1_000_000).exactOptional(),
          tenantConcurrency: wholeNumber(1, 128).exactOptional(),
          tenantDocumentsPerSecond: wholeNumber(1, 1_000_000).exactOptional(),
        })
        .prefault({}),
      models: z
        .strictObject({
          tenantConcurrency: wholeNumber(1, 10_000).exactOptional(),
          tenantCallsPerSecond: wholeNumber(1, 1_000_000).exactOptional(),
        })
        .prefault({}),
    })
    .prefault({}),
  audit: z
    .strictObject({
      // Where it is not set it depends on the folder of the data, and is filled in after.
      folder: setting<string>('the path of a folder', isText).default(''),
      reads: trueOrFalse.default(false),
    })
    .prefault({}),
  log: z
    .strictObject({ level: oneOf('debug', 'info', 'warn', 'error', 'silent').default('info') })
    .prefault({}),
}) satisfies z.ZodType<Config>;
