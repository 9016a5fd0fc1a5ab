import type { ParsedDocument } from '../domain/parsed-document.ts';
import type { SearchSettings } from '../domain/search.ts';
import type { TokenSettings } from '../domain/token-settings.ts';
import type { sensitiveKinds } from './guardrail-schema.ts';

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
  /** Whom `doctor` asks which identity the AWS credentials are. */
  readonly sts: {
    /** Of a VPC endpoint. @default the region's */
    readonly endpoint?: string;
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
      /** Resident memory of one child in all, some 85 MiB of which it takes at start; at least 128 MiB. @default 268435456 (256 MiB) */
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
    readonly jwt?: TokenSettings;
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
