import { createHash } from 'node:crypto';
import {
  type ChangeEvent,
  changeEventToJson,
  type FeedReader,
  parseChangeEvent,
} from '../../domain/change-event.ts';
import { chunkIdOf } from '../../domain/chunk.ts';
import { recordVersion } from '../../domain/document-record.ts';
import { DocumentRefused } from '../../domain/errors.ts';
import type { DeadLetter, FeedRequest, RawEvent } from '../../domain/feed.ts';
import type { Scope } from '../../domain/scope.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import type { Chunker } from '../../ingest/chunk.ts';
import { createFeeds, type FeedSettings, type Feeds } from '../../ingest/feed.ts';
import type { FeedObjects } from '../../ingest/feed-object.ts';
import { defaultStormLimits } from '../../ingest/feed-storm.ts';
import { createIngest, type Ingest } from '../../ingest/ingest.ts';
import type { Parser } from '../../ingest/parse.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import type { StateStore } from '../../search-engine/state-store.ts';
import {
  maxMetadataBytes,
  metadataSuffix,
  parseObjectMetadata,
  tellsMediaType,
} from '../../sources/object-metadata.ts';
import { silentTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';

/** The two ports that a feed writes to. */
export interface Stores {
  readonly documents: DocumentStore;
  readonly state: StateStore;
  readonly lifeOf?: (tenantId: string) => Promise<string>;
}

export interface FeedUnderTest {
  readonly feeds: Feeds;
  readonly ingest: Ingest;
  /** Texts that the stand-in model embedded, in order. */
  readonly embedded: string[];
}

export const scopes = createScopeMaker({ accessRequired: () => false });

/** A stand-in: deterministic, and far faster than a model; its vectors mean nothing. */
export const standInModel = { id: 'test/hash', dimensions: 8 } as const;

/** Feeds over real stores, with a parser of lines ("boom" cannot be parsed) and a stand-in for the embedding model. */
export function createFeedUnderTest(
  { documents, state, lifeOf }: Stores,
  settings: Partial<FeedSettings> = {},
  telemetry: Telemetry = silentTelemetry,
  minChunkCharacters = 0,
  storeOf?: FeedObjects['storeOf'],
): FeedUnderTest {
  const embedded: string[] = [];
  const model: EmbeddingModel = {
    ...standInModel,
    maxInputTokens: 1_000_000,
    maxTextsPerCall: 1_000,
    maxTextsAtOnce: 256,
    tokenizer: { count: (text) => text.length, specialTokens: 0 },
    async embedPassages(texts) {
      embedded.push(...texts);
      return { vectors: texts.map(vectorOf), truncated: 0, tokens: 0 };
    },
    embedQuery: async (text) => vectorOf(text),
  };
  const chunker = createLineChunker(minChunkCharacters);
  const ingest = createIngest({
    ...{ parser, chooseChunker: () => chunker, model, documents, telemetry },
    ...(lifeOf && { lifeOf }),
  });
  const feeds = createFeeds(
    {
      ingest,
      documents,
      state,
      telemetry,
      readers: { braid: () => readEnvelope },
      operatorOf: scopes.operator,
      ...(lifeOf && { lifeOf }),
      ...(storeOf && {
        objects: {
          storeOf,
          metadataSuffix,
          maxMetadataBytes,
          parseMetadata: parseObjectMetadata,
          tellsMediaType,
        },
      }),
    },
    { concurrency: 4, batchEvents: 50, storm: defaultStormLimits, ...settings },
  );
  return { feeds, ingest, embedded };
}

/** Reads the envelope, one JSON object a raw event. */
export const readEnvelope: FeedReader = (raw) => {
  try {
    return [{ kind: 'event', event: parseChangeEvent(JSON.parse(raw)) }];
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'malformed' : 'invalid_event';
    return [{ kind: 'refused', reason, message: String(error) }];
  }
};

export function rawEvents(events: readonly (ChangeEvent | string)[]): RawEvent[] {
  return events.map((event, at) => ({
    text: typeof event === 'string' ? event : JSON.stringify(changeEventToJson(event)),
    record: at + 1,
  }));
}

export function requestOf(
  events: readonly (ChangeEvent | string)[],
  more: Partial<FeedRequest> = {},
): FeedRequest {
  const raw = rawEvents(events);
  return {
    format: 'braid',
    reader: readEnvelope,
    async *open() {
      yield* raw;
    },
    ...more,
  };
}

/** Every dead letter of a tenant, with its event. */
export async function lettersOf({ deadLetters }: Feeds, scope: Scope): Promise<DeadLetter[]> {
  const { letters } = await deadLetters.list(scope, { limit: 1_000 });
  return Promise.all(letters.map(async ({ letterId }) => (await deadLetters.get(scope, letterId))!));
}

/** Everything that readers can see of a tenant: document id -> state. */
export async function stateOf(documents: DocumentStore, scope: Scope): Promise<Record<string, string>> {
  await documents.refresh(scope);
  const found: Record<string, string> = {};
  for (let after: string | undefined; ; ) {
    const page = await documents.list(scope, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    for (const record of page.records) {
      const chunks = await documents.chunks(scope, record.documentId);
      const metadata = JSON.stringify(record.metadata?.value ?? {});
      const texts = chunks.map(({ text }) => text).join('|');
      found[record.documentId] = `${recordVersion(record)} ${texts} ${metadata} ${record.chunks}`;
    }
    if (page.next === undefined) return found;
    after = page.next;
  }
}

const parser: Parser = {
  recipe: 'lines',
  async parse({ name, content }) {
    const text = Buffer.from(content).toString();
    if (text.includes('boom')) throw new DocumentRefused('corrupt', `Cannot parse ${name}`);
    return { text, mediaType: 'text/plain', title: 'title', blocks: [] };
  },
  async close() {},
};

/** One chunk a line, or as many whole lines as it takes to reach `minCharacters`. */
function createLineChunker(minCharacters: number): Chunker {
  return {
    recipe: 'lines',
    embedHeadings: true,
    async chunk({ text }, { tenantId, documentId }) {
      const ranges: [number, number][] = [];
      for (let start = 0; start < text.length; ) {
        const lineBreak = text.indexOf('\n', start + minCharacters);
        const end = lineBreak === -1 ? text.length : lineBreak;
        if (end > start) ranges.push([start, end]);
        start = end + 1;
      }
      const chunks = ranges.map(([start, end], ordinal) => ({
        chunkId: chunkIdOf(tenantId, documentId, ordinal),
        documentId,
        ordinal,
        text: text.slice(start, end),
        headingPath: [],
        start,
        end,
        tokens: 3,
      }));
      return { chunks, parents: [], embeddedTexts: chunks.map((chunk) => chunk.text), breakpointTexts: 0 };
    },
  };
}

export function vectorOf(text: string): Float32Array {
  const bytes = createHash('sha256').update(text).digest();
  const vector = Float32Array.from({ length: standInModel.dimensions }, (_, at) => bytes[at]! - 127.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
