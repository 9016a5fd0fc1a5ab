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
  readonly models: {
    /** `local/all-MiniLM-L6-v2`. */
    readonly embedding: string;
    /** `local/extractive`. */
    readonly language: string;
  };
  readonly ingest: {
    readonly chunking: ChunkingConfig;
    /** Documents in work at once. @default 2 */
    readonly concurrency: number;
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
  readonly tenants: Readonly<Record<string, { readonly accessControl: 'optional' | 'required' }>>;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
}

/** By the names of Bedrock Knowledge Bases. */
export type ChunkingConfig =
  | { readonly strategy: 'default' }
  | { readonly strategy: 'fixed'; readonly maxTokens: number; readonly overlapPercentage: number }
  | {
      readonly strategy: 'hierarchical';
      readonly parentMaxTokens: number;
      readonly childMaxTokens: number;
      readonly overlapTokens: number;
    }
  | { readonly strategy: 'none' };
