import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { loadConfig as readWithC12 } from 'c12';
import { z } from 'zod';
import { InvalidConfiguration } from './domain/errors.ts';
import type { ParsedDocument } from './domain/parsed-document.ts';
import { queryClasses, type SearchSettings } from './domain/search.ts';

// onnxruntime-node otherwise keeps a device id and events in the user's home folder, and carries an address to send them
// to. It looks at this variable when it makes its first session, and there is no other switch.
process.env.ORT_DISABLE_TELEMETRY = '1';

/** Everything that can be set, checked and frozen. */
export interface Config {
  readonly engine: 'sqlite' | 'opensearch';
  /** Folder of the embedded engine's files. @default ".braid" */
  readonly data: string;
  readonly server: {
    /** Loopback only while there is no authentication. @default "127.0.0.1" */
    readonly host: string;
    /** 0 takes a free one. @default 8080 */
    readonly port: number;
    /** Requests served at once; more are answered 503. @default 64 */
    readonly concurrency: number;
    /** @default 33554432 (32 MiB) */
    readonly maxBodyBytes: number;
    /** Of a search or an answer. @default 30000 */
    readonly timeoutMs: number;
  };
  readonly opensearch: {
    /** @default "http://127.0.0.1:9201" */
    readonly url: string;
    readonly username?: string;
    readonly password?: string;
    /** PEM. */
    readonly caFile?: string;
    /** Signs requests for Amazon OpenSearch Service with the default credential chain. `aoss` is refused. */
    readonly sigv4?: { readonly region: string; readonly service: 'es' };
    /** Start of every index name. @default "braid" */
    readonly indexPrefix: string;
    /** Of new indices. @default 1 */
    readonly shards: number;
    /** Of new indices. @default 0 */
    readonly replicas: number;
  };
  /** Where Braid keeps objects of its own. */
  readonly objects: {
    /** A folder, or `s3://bucket/prefix`. @default "objects" in the folder of `data` */
    readonly location: string;
  };
  /** Each call of a model, written down among the objects. */
  readonly invocationLog: {
    /** @default false */
    readonly enabled: boolean;
    /** What was sent and came back, too, masked. @default false */
    readonly bodies: boolean;
    /** Of one object, before it is packed. @default 1048576 (1 MiB) */
    readonly maxBytes: number;
    /** How long a line waits at most; what a killed process may lose. @default 60 */
    readonly maxSeconds: number;
  };
  /** How `s3://` is reached; credentials come from the default chain of the AWS SDK alone. */
  readonly s3: {
    /** Of a VPC endpoint, or of another server that speaks S3. @default AWS's own */
    readonly endpoint?: string;
    /** Puts the bucket into the path. @default true with an endpoint, else false */
    readonly pathStyle?: boolean;
    /** @default AWS_REGION, or the profile's */
    readonly region?: string;
    /** Encrypts what Braid writes. @default the bucket's own setting */
    readonly kmsKeyId?: string;
    /** For each try to be answered, and between two pieces of a body. @default 10000 */
    readonly timeoutMs: number;
    /** Of one request. @default 4 */
    readonly maxAttempts: number;
  };
  readonly models: {
    /** `local/all-MiniLM-L6-v2`, or `bedrock/` and the id or ARN of a model there. @default "local/all-MiniLM-L6-v2" */
    readonly embedding: string;
    /** Of models that give several. @default the model's own largest */
    readonly embeddingDimensions?: number;
    /** `local/extractive`, or `bedrock/` and the id, inference profile or ARN of a model there. @default "local/extractive" */
    readonly language: string;
    /** Models that a search may ask for in `rerank.model`: `bedrock/` and an id or ARN. @default [] */
    readonly reranking: readonly string[];
  };
  /** Amazon Bedrock. Credentials come from the SDK's default chain only. */
  readonly bedrock: BedrockConfig;
  /** What searches do that say nothing else, for all, by class of query, by tenant; `bench tune` writes it. @default {} */
  readonly search: SearchSettings;
  readonly ingest: {
    readonly chunking: ChunkingConfig;
    /** Documents in work at once: their texts are embedded together. @default 8 */
    readonly concurrency: number;
    /** Of what was known of a folder or a bucket; where more is missing from it, nothing is deleted. @default 20 */
    readonly maxMissingPercentage: number;
    readonly parse: {
      /** Child processes. @default 2 */
      readonly processes: number;
      /** Memory of one child over its base. @default 268435456 (256 MiB) */
      readonly maxMemoryBytes: number;
      /** Time for one document. @default 30000 */
      readonly timeoutMs: number;
      /** Larger documents are refused unread. @default 52428800 (50 MiB) */
      readonly maxDocumentBytes: number;
    };
  };
  readonly feeds: {
    /** Documents in work at once while events are applied. @default 32 */
    readonly concurrency: number;
    /** Events that are merged, applied and acknowledged together. @default 500 */
    readonly batchEvents: number;
    /** Dead letters that stop a feed: in a row, percent of the last 100 events, in all. @default 10, 15, 1000 */
    readonly storm: {
      readonly consecutive: number;
      readonly windowPercentage: number;
      readonly total: number;
    };
    /** By format: which columns are what, for events that come over HTTP. @default {} */
    readonly mappings: Readonly<Record<string, unknown>>;
    /** Buckets whose objects the events of S3 may load. @default none */
    readonly buckets: readonly string[];
  };
  readonly answers: {
    /** Answers that no citation backs are withheld. @default false */
    readonly withholdUngrounded: boolean;
    /** Hosts that links of answers may lead to, beside those that their passages come from. @default [] */
    readonly linkHosts: readonly string[];
    readonly sessions: {
      /** After the last turn. @default 60 */
      readonly expireMinutes: number;
      /** Of what was said, by which a follow-up is understood. @default 2000 */
      readonly maxHistoryTokens: number;
    };
  };
  /** What is held against questions and answers. @default none */
  readonly guardrails?: GuardrailConfig;
  readonly tenants: Readonly<Record<string, TenantConfig>>;
  /** Who is let in. Absent: everyone, on loopback only, as the tenant in the header `X-Braid-Tenant`. */
  readonly authentication?: {
    /** Takes API keys, which `braid keys` makes. @default true */
    readonly apiKeys: boolean;
    /** Takes JWTs of one issuer. @default none are taken */
    readonly jwt?: JwtConfig;
  };
  /** Absent ones do not limit. */
  readonly limits: {
    readonly tenantRequestsPerSecond?: number;
    /** Of a key, or of a token's subject. */
    readonly keyRequestsPerSecond?: number;
    /** Requests of one tenant served at once; more are answered 503. */
    readonly tenantConcurrency?: number;
    /** Of routes that the role `search` opens. */
    readonly search: LayerLimits;
    /** Of routes that the role `answer` opens. */
    readonly answer: LayerLimits;
    readonly ingest: {
      /** Of routes that the role `ingest` opens; more are answered 429. */
      readonly tenantRequestsPerSecond?: number;
      /** Documents of one tenant in work at once; the others wait for their turn. @default ingest.concurrency */
      readonly tenantConcurrency?: number;
      /** Documents of one tenant begun a second; the others wait. */
      readonly tenantDocumentsPerSecond?: number;
    };
    /** Of calls to each model; the others wait, those of a request up to 5 seconds. */
    readonly models: {
      readonly tenantConcurrency?: number;
      readonly tenantCallsPerSecond?: number;
    };
  };
  readonly audit: {
    /** @default "audit" in the folder of `data` */
    readonly folder: string;
    /** Writes down each read too. @default false */
    readonly reads: boolean;
  };
  /** @default "info" in `serve`, "error" in the other commands */
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
}

export interface BedrockConfig {
  /** @default AWS_REGION, else the region of the SDK's own configuration files */
  readonly region?: string;
  /** Of `bedrock-runtime`, for a VPC endpoint. @default the region's */
  readonly endpoint?: string;
  /** Of `bedrock-agent-runtime`, for a VPC endpoint. @default the region's */
  readonly agentEndpoint?: string;
  /** @default "http/1.1" */
  readonly protocol: 'http/1.1' | 'http/2';
  /** @default 3000 */
  readonly connectTimeoutMs: number;
  /** Silence of a call after which it has failed; a stream that goes on is not cut. @default 60000 */
  readonly requestTimeoutMs: number;
  /** Calls of one model in flight at most; throttling lowers it by itself. @default 64 */
  readonly maxCallsAtOnce: number;
  /** How far from `region` a model may run. @default "geography" */
  readonly residency: 'region' | 'geography' | 'any';
  /** Takes model ids without their version. @default false */
  readonly allowUnpinned: boolean;
  /** Rerank of `bedrock-agent-runtime`, or InvokeModel with the model's own body. @default "rerank" */
  readonly rerankBy: 'rerank' | 'invoke';
  /** Marks the part of a prompt that stays the same, where the model can keep it. @default true */
  readonly promptCaching: boolean;
  /** @default 2048 */
  readonly maxAnswerTokens: number;
  /** Applied by Bedrock within the call of a language model, beside `guardrails`. @default none */
  readonly guardrail?: {
    /** Id or ARN. */
    readonly id: string;
    /** A number, or `DRAFT`. */
    readonly version: string;
    /** @default "enabled" */
    readonly trace: 'enabled' | 'disabled' | 'enabled_full';
    /** `sync` holds text back until it is checked, `async` shows it and may stop later. @default "sync" */
    readonly streamMode: 'sync' | 'async';
  };
}

/** What differs for one tenant. */
export interface TenantConfig {
  /** @default "optional" */
  readonly accessControl: 'optional' | 'required';
  /** @default that of `answers` */
  readonly withholdUngrounded?: boolean;
  /** Instead of the general ones, as a whole. @default the general ones */
  readonly guardrails?: GuardrailConfig | 'none';
}

/** One guardrail, and what is done around it. */
export interface GuardrailConfig {
  /** `local`, or `bedrock/<id or ARN of the guardrail>:<version>`. @default "local" */
  readonly model: string;
  /** `sync`: nothing of an answer goes out unchecked; `async`: it does, and is cut when something is found. @default "sync" */
  readonly stream: 'sync' | 'async';
  /** Where the guardrail cannot be asked. @default "block" */
  readonly onFailure: 'block' | 'allow';
  /** Of one check. @default 5000 */
  readonly timeoutMs: number;
  /** Said instead of an answer to a question that is refused. */
  readonly blockedInput: string;
  /** Said instead of an answer that is refused. */
  readonly blockedOutput: string;
  /** Holds answers against their passages, where the guardrail at Bedrock has that policy: whole answers are checked. @default true */
  readonly contextualGrounding: boolean;
  /** What the local guardrail looks for. */
  readonly input: GuardrailPolicyConfig;
  readonly output: GuardrailPolicyConfig & {
    /** Scores each sentence of an answer against what it cites. @default not scored */
    readonly grounding?: {
      /** 0 to 1. @default 0.6 */
      readonly threshold: number;
      /** @default "report" */
      readonly action: 'block' | 'report';
    };
  };
}

export interface GuardrailPolicyConfig {
  /** By kind of data: `email`, `phone`, `card`, `iban`, `ip_address`, `us_ssn`, `aws_access_key`, `aws_secret_key`. */
  readonly sensitiveInformation: Readonly<Partial<Record<SensitiveKind, 'block' | 'mask'>>>;
  /** Own forms, in RE2's syntax. */
  readonly patterns: readonly {
    readonly name: string;
    readonly pattern: string;
    /** @default "mask" */
    readonly action: 'block' | 'mask';
    /** The longest match that a stream waits for. @default 128 */
    readonly maxCharacters: number;
  }[];
  /** Words and phrases that are refused, in any case. */
  readonly words: readonly string[];
  readonly topics?: {
    readonly denied: readonly {
      readonly name: string;
      readonly definition: string;
      readonly examples: readonly string[];
    }[];
    /** The cosine from which a sentence is about a topic. @default 0.5 */
    readonly threshold: number;
  };
  /** Refuses attempts to take a model's instructions from it. @default true for input, false for output */
  readonly promptAttacks: boolean;
}

type SensitiveKind = (typeof sensitiveKinds)[number];

const sensitiveKinds = [
  'email',
  'phone',
  'card',
  'iban',
  'ip_address',
  'us_ssn',
  'aws_access_key',
  'aws_secret_key',
] as const;

/** Which tokens are taken, and which claims say what. */
export interface JwtConfig {
  /** Where the issuer publishes its keys; either this or `jwksFile`. */
  readonly jwksUri?: string;
  readonly jwksFile?: string;
  readonly issuer: string;
  readonly audience: string;
  /** @default ["RS256"] */
  readonly algorithms: readonly string[];
  /** @default 30 */
  readonly clockToleranceSeconds: number;
  readonly claims: {
    /** @default "tenant" */
    readonly tenant: string;
    /** Each must be in the token and hold something. @default [{ "claim": "sub", "prefix": "user:" }] */
    readonly principals: readonly { readonly claim: string; readonly prefix: string }[];
    /** @default "roles" */
    readonly roles: string;
  };
}

/** What requests of one kind may take; those of all tenants take turns. */
export interface LayerLimits {
  /** Requests served at once, of all tenants; the others wait for their turn. @default 16 */
  readonly concurrency: number;
  /** Of one tenant. @default all of them */
  readonly tenantConcurrency?: number;
  /** More are answered 429. */
  readonly tenantRequestsPerSecond?: number;
  /** What has waited so long for its turn is answered 503. @default 5000 */
  readonly maxWaitMs: number;
}

/**
 * One strategy for everything, or rules of which the first that fits a document decides; a document that none fits is
 * cut by the default strategy.
 */
export type ChunkingConfig = StrategyConfig | readonly ChunkingRuleConfig[];

/** A pattern is a whole name or a start of one with `*`; what is absent fits everything. */
export interface ChunkingRuleConfig {
  /** The name of the document's source. */
  readonly source?: string;
  /** As the content decided: `text/markdown`, `text/*`. */
  readonly mediaType?: string;
  readonly chunking: StrategyConfig;
}

/** By the names of Bedrock Knowledge Bases; Braid's own are `embedHeadings`, by default true, and the size of `default`. */
export type StrategyConfig =
  | ((
      | { readonly strategy: 'default'; readonly maxTokens?: number }
      | { readonly strategy: 'fixed'; readonly maxTokens: number; readonly overlapPercentage: number }
      | {
          readonly strategy: 'hierarchical';
          readonly parentMaxTokens: number;
          readonly childMaxTokens: number;
          readonly overlapTokens: number;
        }
      | {
          readonly strategy: 'semantic';
          readonly maxTokens: number;
          readonly bufferSize: number;
          readonly breakpointPercentileThreshold: number;
        }
      | { readonly strategy: 'none' }
    ) & { readonly embedHeadings?: boolean })
  /** Code of one's own, which only a configuration file in TypeScript or JavaScript can hold. */
  | {
      readonly strategy: 'custom';
      /** Names the way of cutting and its parameters: another id cuts stored documents anew. */
      readonly id: string;
      readonly split: (parsed: ParsedDocument) => TextRanges | Promise<TextRanges>;
    };

type TextRanges = Iterable<{ readonly start: number; readonly end: number }>;

/** Any part of a Config; what is absent or undefined is left to the layer below. */
export type PartialConfig = Partially<Config>;
type Partially<T> = T extends object ? { readonly [Name in keyof T]?: Partially<T[Name]> | undefined } : T;

export interface LoadOptions {
  /** A file that must exist; without it `braid.config.*` of `cwd` is read where there is one. */
  readonly file?: string;
  /** Of the command line; they win over everything. */
  readonly overrides?: PartialConfig;
  /** Instead of Braid's own defaults; everything wins over them. */
  readonly defaults?: PartialConfig;
  /** @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /** Where the file is looked for and what relative paths start from. @default process.cwd() */
  readonly cwd?: string;
}

/** A configuration with an account of where it came from. */
export interface ResolvedConfig {
  readonly config: Config;
  /** Path of the file that was read. */
  readonly file?: string;
  /** Says where the value of a setting (`server.port`) came from, in words. */
  originOf(setting: string): string;
  /** Variables that start with `BRAID_` and name no setting: spelled wrongly, or another program's. */
  readonly unknownVariables: readonly string[];
}

/** An environment variable and the setting that it gives; an empty variable counts as absent. */
export interface SettingVariable {
  readonly variable: string;
  readonly setting: string;
  /** How its text is read; `json` is one JSON value. */
  readonly form: 'text' | 'number' | 'json';
}

const variableNames: Readonly<Record<string, string>> = {
  'opensearch.url': 'OPENSEARCH_URL',
  'opensearch.username': 'OPENSEARCH_USERNAME',
  'opensearch.password': 'OPENSEARCH_PASSWORD',
};

/** Each setting that the environment can give: `server.port` is `BRAID_SERVER_PORT`, three are `OPENSEARCH_…`. */
export const settingVariables: readonly SettingVariable[] = [
  ...named('text', ['engine', 'data', 'server.host', 'opensearch.url', 'opensearch.username']),
  ...named('text', ['opensearch.password', 'opensearch.caFile', 'opensearch.sigv4.region']),
  ...named('text', ['opensearch.indexPrefix', 'models.embedding', 'models.language', 'log.level']),
  ...named('number', ['server.port', 'server.concurrency', 'server.maxBodyBytes', 'server.timeoutMs']),
  ...named('number', ['opensearch.shards', 'opensearch.replicas', 'ingest.concurrency']),
  ...named('number', ['ingest.parse.processes', 'ingest.parse.maxMemoryBytes', 'ingest.parse.timeoutMs']),
  ...named('number', ['ingest.parse.maxDocumentBytes']),
  ...named('number', ['feeds.concurrency', 'feeds.batchEvents', 'feeds.storm.consecutive']),
  ...named('number', ['feeds.storm.windowPercentage', 'feeds.storm.total']),
  ...named('json', ['search', 'ingest.chunking', 'tenants', 'feeds.mappings', 'feeds.buckets']),
  ...named('json', ['authentication', 'audit.reads']),
  ...named('number', ['limits.tenantRequestsPerSecond', 'limits.keyRequestsPerSecond']),
  ...named('number', ['limits.tenantConcurrency']),
  ...['search', 'answer'].flatMap((layer) =>
    named('number', [
      ...[`limits.${layer}.concurrency`, `limits.${layer}.tenantConcurrency`],
      ...[`limits.${layer}.tenantRequestsPerSecond`, `limits.${layer}.maxWaitMs`],
    ]),
  ),
  ...named('number', ['limits.ingest.tenantRequestsPerSecond', 'limits.ingest.tenantConcurrency']),
  ...named('number', ['limits.ingest.tenantDocumentsPerSecond']),
  ...named('number', ['limits.models.tenantConcurrency', 'limits.models.tenantCallsPerSecond']),
  ...named('json', ['answers.withholdUngrounded', 'answers.linkHosts', 'guardrails']),
  ...named('number', ['answers.sessions.expireMinutes', 'answers.sessions.maxHistoryTokens']),
  ...named('text', ['audit.folder', 'objects.location', 's3.endpoint', 's3.region', 's3.kmsKeyId']),
  ...named('json', ['s3.pathStyle', 'invocationLog.enabled', 'invocationLog.bodies']),
  ...named('number', ['invocationLog.maxBytes', 'invocationLog.maxSeconds']),
  ...named('number', ['ingest.maxMissingPercentage']),
  ...named('number', ['s3.timeoutMs', 's3.maxAttempts']),
  ...named('number', ['models.embeddingDimensions']),
  ...named('json', ['models.reranking']),
  ...named('text', ['bedrock.region', 'bedrock.endpoint', 'bedrock.agentEndpoint', 'bedrock.protocol']),
  ...named('number', [
    'bedrock.connectTimeoutMs',
    'bedrock.requestTimeoutMs',
    'bedrock.maxCallsAtOnce',
    'bedrock.maxAnswerTokens',
  ]),
  ...named('text', ['bedrock.residency', 'bedrock.rerankBy']),
  ...named('json', ['bedrock.allowUnpinned', 'bedrock.promptCaching', 'bedrock.guardrail']),
];

/** One setting each: half of one and half of another would be a third that nobody chose. */
const replacedWhole: readonly string[] = ['ingest.chunking', 'search'];

const secrets: readonly string[] = ['opensearch.password'];
const fileExtensions = ['json', 'jsonc', 'json5', 'yaml', 'yml', 'toml', 'ts', 'mts', 'js', 'mjs', 'cjs'];

/**
 * Reads file, environment and overrides, each winning over the one before, into one checked and frozen Config.
 * @throws {InvalidConfiguration} naming the setting, what was wanted, and where the value came from
 */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  return (await resolveConfig(options)).config;
}

/**
 * Does what `loadConfig` does and keeps the account of it.
 * @throws {InvalidConfiguration}
 */
export async function resolveConfig(options: LoadOptions = {}): Promise<ResolvedConfig> {
  const cwd = resolve(options.cwd ?? '.');
  const environment = options.environment ?? process.env;
  const file = options.file === undefined ? findConfigFile(cwd) : resolve(cwd, options.file);
  const layers: Layer[] = [
    { origin: 'default', values: options.defaults ?? {} },
    ...regionLayer(environment),
    ...(file === undefined ? [] : [{ origin: `file ${file}`, values: await readConfigFile(file, cwd) }]),
    ...environmentLayers(environment),
    { origin: 'command line', values: options.overrides ?? {} },
  ];
  const originOf = (setting: string): string =>
    layers.findLast(({ values }) => valueAt(values, setting) !== undefined)?.origin ?? 'default';
  const merged: Section = {};
  for (const { values, origin } of layers) merge(merged, values, origin);
  const checked = schema.safeParse(merged);
  if (!checked.success) throw firstProblem(checked.error.issues[0], merged, originOf);
  checkOpenSearchCredentials(checked.data.opensearch);
  checkAuthentication(checked.data.authentication);
  const config: Config = {
    ...checked.data,
    data: resolve(cwd, checked.data.data),
    audit: {
      ...checked.data.audit,
      folder: resolve(cwd, checked.data.audit.folder || join(checked.data.data, 'audit')),
    },
    objects: {
      location: resolveLocation(cwd, checked.data.objects.location || join(checked.data.data, 'objects')),
    },
    opensearch: {
      ...checked.data.opensearch,
      ...(checked.data.opensearch.caFile !== undefined && {
        caFile: resolve(cwd, checked.data.opensearch.caFile),
      }),
    },
  };
  const known = settingVariables.map(({ variable }) => variable);
  return {
    config: deepFreeze(config),
    ...(file !== undefined && { file }),
    originOf,
    unknownVariables: Object.keys(environment)
      .filter((variable) => variable.startsWith('BRAID_') && !known.includes(variable))
      .sort(),
  };
}

/**
 * Reads a file of values beside the configuration, a mapping for one, in the formats of a configuration file.
 * @throws {InvalidConfiguration}
 */
export async function readSettingsFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file);
  return readConfigFile(path, dirname(path));
}

/** The configuration as it may be shown: passwords, and those inside addresses, as `********`. */
export function maskSecrets(config: Config): Config {
  const { opensearch } = config;
  const url = new URL(opensearch.url);
  if (url.username !== '' || url.password !== '') {
    url.username = '********';
    url.password = '********';
  }
  return deepFreeze({
    ...config,
    opensearch: {
      ...opensearch,
      url: url.username === '' ? opensearch.url : url.href,
      ...(opensearch.password !== undefined && { password: '********' }),
    },
  });
}

function resolveLocation(cwd: string, location: string): string {
  return location.startsWith('s3://') ? location : resolve(cwd, location);
}

type Section = Record<string, unknown>;
interface Layer {
  readonly origin: string;
  readonly values: Section;
}

function named(form: SettingVariable['form'], settings: readonly string[]): SettingVariable[] {
  return settings.map((setting) => {
    const words = setting.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter}`);
    return { variable: variableNames[setting] ?? `BRAID_${words.toUpperCase()}`, setting, form };
  });
}

/** @throws {InvalidConfiguration} where there are several, since the choice would be a guess */
function findConfigFile(cwd: string): string | undefined {
  const found = fileExtensions
    .map((extension) => `braid.config.${extension}`)
    .filter((name) => existsSync(resolve(cwd, name)));
  if (found.length > 1) {
    throw new InvalidConfiguration(
      '--config',
      `Cannot choose among ${found.join(', ')} in ${cwd}: expected one, or --config FILE`,
    );
  }
  return found[0] === undefined ? undefined : resolve(cwd, found[0]);
}

async function readConfigFile(file: string, cwd: string): Promise<Section> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new InvalidConfiguration('--config', `Cannot read configuration file ${file}: ${reason}`, {
      cause,
    });
  };
  if (!fileExtensions.includes(extname(file).slice(1)))
    fail(`its name must end in .${fileExtensions.join(', .')}`);
  try {
    // c12 fails on YAML and TOML without a single value, which is what a file of comments is.
    const lines = (await readFile(file, 'utf8')).split('\n');
    if (lines.every((line) => /^\s*(#|$)/.test(line))) return {};
    const { config } = await readWithC12<Section>({
      cwd,
      configFile: file,
      configFileRequired: true,
      // The one file and nothing else: no rc files, .env, package.json, remote or named layers.
      ...{
        rcFile: false,
        globalRc: false,
        dotenv: false,
        packageJson: false,
        extend: false,
        giget: false,
        envName: false,
      },
      jitiOptions: { fsCache: false },
    });
    if (!isSection(config)) fail('it must hold an object of settings');
    return config;
  } catch (error) {
    if (error instanceof InvalidConfiguration) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return fail('there is no such file', error);
    const reason = error instanceof Error ? error.message : String(error);
    return fail(reason.replace(`${file}: `, '').split('\n')[0]!, error);
  }
}

function environmentLayers(environment: NodeJS.ProcessEnv): Layer[] {
  return settingVariables.flatMap(({ variable, setting, form }) => {
    const given = environment[variable];
    if (given === undefined || given === '') return [];
    const value = form === 'text' ? given : readJson(given);
    const values = setting.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    return [{ origin: `environment variable ${variable}`, values: values as Section }];
  });
}

/** The region that everything of AWS on this machine is told; a setting of Braid's own wins over it. */
function regionLayer({ AWS_REGION: region }: NodeJS.ProcessEnv): Layer[] {
  if (region === undefined || region === '') return [];
  return [{ origin: 'environment variable AWS_REGION', values: { bedrock: { region } } }];
}

/** What is no JSON stays text, for the schema to refuse with the wanted form. */
function readJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

/** Lays `values` over `held`; what is one setting is replaced whole. */
function merge(held: Section, values: Section, origin: string, path = ''): void {
  for (const [name, value] of Object.entries(values)) {
    const setting = path === '' ? name : `${path}.${name}`;
    if (name === '__proto__')
      throw new InvalidConfiguration(setting, `Unknown setting ${setting} (${origin})`);
    if (value === undefined) continue;
    if (replacedWhole.includes(setting) || !isSection(value)) {
      held[name] = value;
      continue;
    }
    const below = held[name];
    const section = isSection(below) ? below : {};
    held[name] = section;
    merge(section, value, origin, setting);
  }
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(values: unknown, setting: string): unknown {
  return setting
    .split('.')
    .reduce<unknown>(
      (held, name) => (isSection(held) || Array.isArray(held) ? Reflect.get(held, name) : undefined),
      values,
    );
}

function firstProblem(
  issue: z.core.$ZodIssue | undefined,
  merged: Section,
  originOf: (setting: string) => string,
): InvalidConfiguration {
  const path = (issue?.path ?? []).join('.');
  if (issue?.code === 'unrecognized_keys') {
    const unknown = [path, issue.keys[0]].filter((name) => name !== '').join('.');
    return new InvalidConfiguration(unknown, `Unknown setting ${unknown} (${originOf(unknown)})`);
  }
  if (issue?.code === 'invalid_key') {
    const name = JSON.stringify(issue.path.at(-1));
    const wanted = issue.issues[0]?.message;
    return new InvalidConfiguration(
      path,
      `Expected each name in ${issue.path[0]?.toString()} to be ${wanted}, got ${name} (${originOf(path)})`,
    );
  }
  const value = valueAt(merged, path);
  const shown =
    value === undefined
      ? 'nothing'
      : secrets.includes(path)
        ? 'a hidden value'
        : JSON.stringify(value)?.slice(0, 200);
  const wanted =
    issue?.code === 'invalid_type' && issue.expected === 'object' ? 'an object of settings' : issue?.message;
  return new InvalidConfiguration(path, `Expected ${path} to be ${wanted}, got ${shown} (${originOf(path)})`);
}

function checkOpenSearchCredentials({ username, password, sigv4 }: Config['opensearch']): void {
  if ((username === undefined) !== (password === undefined)) {
    throw new InvalidConfiguration(
      'opensearch.password',
      'Expected opensearch.username and opensearch.password to be set together, got one of them',
    );
  }
  if (username !== undefined && sigv4 !== undefined) {
    throw new InvalidConfiguration(
      'opensearch.sigv4',
      'Expected either opensearch.username or opensearch.sigv4, got both',
    );
  }
}

function checkAuthentication(authentication: Config['authentication']): void {
  if (authentication === undefined) return;
  const { apiKeys, jwt } = authentication;
  if (!apiKeys && jwt === undefined) {
    throw new InvalidConfiguration(
      'authentication',
      'Expected authentication to have apiKeys or jwt, got neither: nobody could come in',
    );
  }
  if (jwt !== undefined && (jwt.jwksUri === undefined) === (jwt.jwksFile === undefined)) {
    throw new InvalidConfiguration(
      'authentication.jwt.jwksUri',
      'Expected either authentication.jwt.jwksUri or authentication.jwt.jwksFile',
    );
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

/** A setting whose message is its wanted form alone; setting, value and origin are added where it is reported. */
function setting<T>(wanted: string, holds: (value: unknown) => boolean): z.ZodType<T, T> {
  return z.custom<T>(holds, { error: wanted });
}

function wholeNumber(minimum: number, maximum: number) {
  return setting<number>(
    `a whole number from ${minimum} to ${maximum}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  );
}

function oneOf<const T extends string>(...names: readonly T[]) {
  const wanted = names.map((name) => `"${name}"`).join(' or ');
  return setting<T>(wanted, (value) => names.some((name) => name === value));
}

function text(wanted: string, pattern = /\S/) {
  return setting<string>(wanted, (value) => typeof value === 'string' && pattern.test(value));
}

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}

const trueOrFalse = setting<boolean>('true or false', (value) => typeof value === 'boolean');

const bedrockModel = '"bedrock/" and the id or ARN of a model';

function modelPattern(local: string): RegExp {
  return new RegExp(`^(local/${local}|bedrock/\\S+)$`);
}

const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const claimName = text('the name of a claim');

const jwtSchema = z.strictObject({
  jwksUri: setting<string>('an https:// address, or http:// on loopback', isKeysAddress).exactOptional(),
  jwksFile: text('the path of a JSON Web Key Set').exactOptional(),
  issuer: text('the iss of the tokens'),
  audience: text('the aud of the tokens'),
  algorithms: setting<string[]>(
    `a list of ${asymmetricAlgorithms.join(', ')}`,
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((name) => asymmetricAlgorithms.includes(name)),
  ).default(['RS256']),
  clockToleranceSeconds: wholeNumber(0, 300).default(30),
  claims: z
    .strictObject({
      tenant: claimName.default('tenant'),
      principals: z
        .array(z.strictObject({ claim: claimName, prefix: setting<string>('a text', isText).default('') }))
        .default([{ claim: 'sub', prefix: 'user:' }]),
      roles: claimName.default('roles'),
    })
    .prefault({}),
});

/** Keys that come over plain HTTP from elsewhere could be anyone's. */
function isKeysAddress(value: unknown): boolean {
  const address = typeof value === 'string' ? URL.parse(value) : null;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(address?.hostname ?? '');
  return address?.protocol === 'https:' || (address?.protocol === 'http:' && isLocal);
}

function isObjectLocation(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return !/^[a-z][a-z0-9+.-]+:\/\//i.test(value) || /^s3:\/\/[^/\s]+(\/.*)?$/.test(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
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

function weight(most: number) {
  return setting<number>(
    `a number from 0 to ${most}`,
    (value) => typeof value === 'number' && value >= 0 && value <= most,
  );
}

const candidates = wholeNumber(1, 10_000);

/** The form alone; what no search could carry out is told where searches are set up. */
const searchDefaults = z.strictObject({
  lexical: z
    .strictObject({
      weight: weight(1_000_000).exactOptional(),
      candidates: candidates.exactOptional(),
      fields: z
        .strictObject({ title: weight(100).exactOptional(), text: weight(100).exactOptional() })
        .exactOptional(),
    })
    .exactOptional(),
  dense: z
    .strictObject({ weight: weight(1_000_000).exactOptional(), candidates: candidates.exactOptional() })
    .exactOptional(),
  fusion: z
    .strictObject({
      method: oneOf('linear', 'rrf').exactOptional(),
      normalization: oneOf('min_max', 'theoretical_min_max', 'l2', 'z_score').exactOptional(),
      rankConstant: wholeNumber(1, 10_000).exactOptional(),
    })
    .exactOptional(),
  complete: trueOrFalse.exactOptional(),
  collapse: oneOf('document').exactOptional(),
});

const searchSettings = z.strictObject({
  defaults: searchDefaults.exactOptional(),
  classes: z.partialRecord(z.enum(queryClasses), searchDefaults).exactOptional(),
});

const share = setting<number>(
  'a number from 0 to 1',
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
);

function policySchema(promptAttacks: boolean) {
  return z.strictObject({
    sensitiveInformation: z.partialRecord(z.enum(sensitiveKinds), oneOf('block', 'mask')).default({}),
    patterns: z
      .array(
        z.strictObject({
          name: text('1 to 64 letters, digits, "_" and "-"', /^[\w-]{1,64}$/),
          pattern: text('a regular expression in the syntax of RE2'),
          action: oneOf('block', 'mask').default('mask'),
          maxCharacters: wholeNumber(1, 4_096).default(128),
        }),
      )
      .max(100, { error: 'at most 100 patterns' })
      .default([]),
    words: z.array(text('a word or a phrase')).max(10_000, { error: 'at most 10000 words' }).default([]),
    topics: z
      .strictObject({
        denied: z
          .array(
            z.strictObject({
              name: text('1 to 100 characters', /^.{1,100}$/),
              definition: text('what the topic is, in at most 1000 characters', /^[\s\S]{1,1000}$/),
              examples: z
                .array(text('a sentence about the topic'))
                .max(20, { error: 'at most 20 examples' })
                .default([]),
            }),
          )
          .max(30, { error: 'at most 30 topics' }),
        threshold: share.default(0.5),
      })
      .exactOptional(),
    promptAttacks: trueOrFalse.default(promptAttacks),
  });
}

const guardrailSchema = z.strictObject({
  model: text(
    '"local" or "bedrock/<guardrail>:<version>"',
    /^(?:local|bedrock\/\S{1,2048}:(?:DRAFT|[1-9]\d{0,7}))$/,
  ).default('local'),
  stream: oneOf('sync', 'async').default('sync'),
  onFailure: oneOf('block', 'allow').default('block'),
  timeoutMs: wholeNumber(10, 600_000).default(5_000),
  blockedInput: text('a text').default('This question cannot be answered here.'),
  blockedOutput: text('a text').default('The answer was withheld by a guardrail.'),
  contextualGrounding: trueOrFalse.default(true),
  input: policySchema(true).prefault({}),
  output: policySchema(false)
    .extend({
      grounding: z
        .strictObject({ threshold: share.default(0.6), action: oneOf('block', 'report').default('report') })
        .exactOptional(),
    })
    .prefault({}),
});

const embedHeadings = trueOrFalse.exactOptional();

const strategySchema = z.discriminatedUnion(
  'strategy',
  [
    z.strictObject({
      strategy: z.literal('default'),
      maxTokens: wholeNumber(20, 8_192).exactOptional(),
      embedHeadings,
    }),
    z.strictObject({
      strategy: z.literal('fixed'),
      maxTokens: wholeNumber(20, 8_192).default(300),
      overlapPercentage: wholeNumber(1, 99).default(20),
      embedHeadings,
    }),
    z.strictObject({
      strategy: z.literal('hierarchical'),
      parentMaxTokens: wholeNumber(20, 8_192).default(1_500),
      childMaxTokens: wholeNumber(20, 8_192).default(300),
      overlapTokens: wholeNumber(1, 8_191).default(60),
      embedHeadings,
    }),
    z.strictObject({
      strategy: z.literal('semantic'),
      maxTokens: wholeNumber(20, 8_192).default(300),
      bufferSize: wholeNumber(0, 1).default(0),
      breakpointPercentileThreshold: wholeNumber(50, 99).default(95),
      embedHeadings,
    }),
    z.strictObject({ strategy: z.literal('none'), embedHeadings }),
    z.strictObject({
      strategy: z.literal('custom'),
      id: text('a name of the way of cutting and its parameters'),
      split: setting<Extract<StrategyConfig, { strategy: 'custom' }>['split']>(
        'a function, which only a configuration file in TypeScript or JavaScript can hold',
        (value) => typeof value === 'function',
      ),
    }),
  ],
  { error: '"default", "fixed", "hierarchical", "semantic", "none" or "custom"' },
);

const chunkingRulesSchema = z.array(
  z.strictObject({
    source: text('the name of a source, or its start and *').exactOptional(),
    mediaType: text(
      'a media type without parameters, or its start and *',
      /^[a-z0-9][^\s;*]*\*?$/,
    ).exactOptional(),
    chunking: strategySchema,
  }),
);

/** One strategy or rules; a union would say no more than that neither fits. */
const chunkingSchema = z.unknown().transform((given, context): ChunkingConfig => {
  const checked = (Array.isArray(given) ? chunkingRulesSchema : strategySchema).safeParse(given);
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues) {
    context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue);
  }
  return z.NEVER;
});

/** Checks, and fills in each default. */
const schema = z.strictObject({
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
          maxMemoryBytes: wholeNumber(16_777_216, 1_099_511_627_776).default(268_435_456),
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
