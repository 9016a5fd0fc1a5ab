import type { Readable } from 'node:stream';

/**
 * Keeps objects by key in one bucket or folder. Keys are 1 to 1,024 bytes of UTF-8 and order by their bytes. What fails
 * for a moment was tried again before a method rejects.
 *
 * Every method @throws {ObjectStoreFailure}, and {InvalidInput} for a key that the store cannot have.
 */
export interface ObjectStore {
  /** What each object's address starts with: `s3://bucket/prefix/` or `file:///folder/`. */
  readonly location: string;

  /** What is known of an object without reading it; undefined where there is none. */
  head(key: string, options?: ReadOptions): Promise<ObjectInfo | undefined>;

  /**
   * Reads an object or a range of it; undefined where there is none. `body` gives exactly the bytes of one state of the
   * object, goes on where a connection broke, and fails rather than end early or mix two states. It must be read to its
   * end or destroyed.
   */
  get(key: string, options?: GetOptions): Promise<ObjectReading | undefined>;

  /** Stores an object wholly or not at all; replaces the one of that key. Streams of any length, in bounded memory. */
  put(
    key: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<StoredObject>;

  /** Every object whose key starts with `prefix`, by key (bytes), fetched page by page. */
  list(prefix: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<ObjectInfo>;

  /** Removes objects; those that are not there are no failure. A versioned bucket keeps their old versions. */
  remove(keys: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<void>;

  /** Removes what is left of writes whose process ended within them, where the store keeps such; returns how many. */
  sweep?(options?: { readonly signal?: AbortSignal }): Promise<number>;
}

export interface ObjectInfo {
  readonly key: string;
  /** Of the whole object. */
  readonly sizeBytes: number;
  /** Opaque, without quotes; differs where the content differs. */
  readonly eTag: string;
  readonly lastModified: Date;
  /** Of a versioned bucket; listings do not tell it. */
  readonly versionId?: string;
  /** Where the store keeps it; listings do not tell it. */
  readonly mediaType?: string;
}

export type StoredObject = Pick<ObjectInfo, 'sizeBytes' | 'eTag' | 'versionId'>;

export interface ObjectReading {
  readonly info: ObjectInfo;
  readonly body: Readable;
}

export interface ReadOptions {
  /** Of a versioned bucket. @default the newest */
  readonly versionId?: string;
  readonly signal?: AbortSignal;
}

export interface GetOptions extends ReadOptions {
  /** Bytes from `start` to before `end`. @default the whole object */
  readonly range?: { readonly start: number; readonly end: number };
}

export interface PutOptions {
  readonly mediaType?: string;
  readonly signal?: AbortSignal;
}
