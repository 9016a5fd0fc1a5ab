import type { Chunk, ParentChunk } from '../../domain/chunk.ts';
import { headingLine } from '../../domain/chunk.ts';
import { type DocumentRecord, searchedMetadata } from '../../domain/document-record.ts';
import { EngineMismatch, RevisionConflict } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import type { Candidate, FoundChunk, LegsQuery, SearchEngine } from '../../search-engine/search-engine.ts';
import type { StateEntry, StateOwner, StateStore } from '../../search-engine/state-store.ts';
import type { ContractSubject } from './contract-subject.ts';
import { compareBytes, cosine, facetOf, isShown, matchesFilter } from './oracle.ts';

/**
 * A reference for the contract only: the three ports over maps, as plainly as they can be written. It shows that the
 * contract can be met, and what the suites catch is tried by breaking it. Nothing else may use it.
 */
export function createMemorySubject(dimensions: number): ContractSubject {
  const tenants = new Map<string, Map<string, StoredDocument>>();
  const vectors = new Map<string, Map<string, Float32Array>>();
  return {
    dimensions,
    engine: createEngine(tenants),
    documents: createDocuments(tenants, vectors, dimensions),
    state: createState(),
    async close() {},
  };
}

interface StoredDocument {
  readonly record: DocumentRecord;
  readonly revision: string;
  readonly chunks: readonly { readonly chunk: Chunk; readonly vector: Float32Array }[];
  readonly parents: readonly ParentChunk[];
}

type Tenants = Map<string, Map<string, StoredDocument>>;

let revisions = 0;
function nextRevision(): string {
  revisions += 1;
  return `r${revisions}`;
}

function readable(tenants: Tenants, scope: Scope): StoredDocument[] {
  return [...(tenants.get(scope.tenantId)?.values() ?? [])].filter(
    ({ record }) => record.content !== undefined && !record.content.deleted && isShown(scope, record),
  );
}

function createEngine(tenants: Tenants): SearchEngine {
  return {
    async find(scope, query, signal) {
      signal?.throwIfAborted();
      const found = readable(tenants, scope).filter(
        ({ record }) => query.filter === undefined || matchesFilter(query.filter, searchedMetadata(record)),
      );
      const { lexical, dense } = query;
      const matched = lexical === undefined ? [] : lexicalHits(found, lexical);
      const withText = new Set(matched.map((hit) => hit.documentId));
      const counted = query.facetsMatchText
        ? found.filter(({ record }) => withText.has(record.documentId))
        : found;
      const measured = dense === undefined ? [] : rank(found, ({ vector }) => cosine(vector, dense.vector));
      const best = matched.slice(0, lexical?.candidates);
      const near = measured.slice(0, dense?.candidates);
      const isCompleted = query.complete === true && lexical !== undefined && dense !== undefined;
      return {
        ...(lexical !== undefined && {
          lexical: {
            hits: best,
            ...(isCompleted && { completed: scoresOf(matched, near, best) }),
            milliseconds: 0,
          },
        }),
        ...(dense !== undefined && {
          dense: {
            hits: near,
            ...(isCompleted && { completed: scoresOf(measured, best, near) }),
            milliseconds: 0,
          },
        }),
        facets: (query.facets ?? []).map((facet) =>
          facetOf(
            facet,
            counted.map(({ record }) => searchedMetadata(record)),
          ),
        ),
      };
    },

    async fetch(scope, references, options, signal) {
      signal?.throwIfAborted();
      const documents = new Map(readable(tenants, scope).map((stored) => [stored.record.documentId, stored]));
      return references.flatMap(({ chunkId, documentId }) => {
        const stored = documents.get(documentId);
        const chunk = stored?.chunks.find((held) => held.chunk.chunkId === chunkId)?.chunk;
        if (stored === undefined || chunk === undefined) return [];
        return [show(stored, chunk, options)];
      });
    },

    async features(scope, references, options, signal) {
      signal?.throwIfAborted();
      const documents = new Map(readable(tenants, scope).map((stored) => [stored.record.documentId, stored]));
      return references.flatMap(({ chunkId, documentId }) => {
        const stored = documents.get(documentId);
        const held = stored?.chunks.find(({ chunk }) => chunk.chunkId === chunkId);
        if (stored === undefined || held === undefined) return [];
        const metadata = searchedMetadata(stored.record);
        return [{ chunkId, metadata, ...(options.vectors && { vector: held.vector }) }];
      });
    },
  };
}

/** The scores that one leg gives what the other found and it did not return. */
function scoresOf(
  all: readonly Candidate[],
  wanted: readonly Candidate[],
  returned: readonly Candidate[],
): Map<string, number> {
  const others = new Set(wanted.map(({ chunkId }) => chunkId));
  for (const { chunkId } of returned) others.delete(chunkId);
  return new Map(
    all.filter(({ chunkId }) => others.has(chunkId)).map(({ chunkId, score }) => [chunkId, score]),
  );
}

function show(
  { record, parents }: StoredDocument,
  chunk: Chunk,
  options: { readonly parents: boolean; readonly highlight?: string },
): FoundChunk {
  const content = record.content!;
  const parent = parents.find(({ ordinal }) => ordinal === chunk.parentOrdinal);
  const versions = [content, record.metadata, record.access].map((part) => part?.version ?? 0n);
  return {
    ...chunk,
    ...(options.parents && parent !== undefined && { parent }),
    ...(options.highlight !== undefined && { highlights: highlights(chunk.text, options.highlight) }),
    source: record.source,
    ...(content.title !== undefined && { title: content.title }),
    ...(content.uri !== undefined && { uri: content.uri }),
    mediaType: content.mediaType,
    metadata: record.metadata?.value ?? {},
    ...(content.links !== undefined && { links: content.links }),
    ...(content.flags !== undefined && { flags: content.flags }),
    version: versions.reduce((highest, version) => (version > highest ? version : highest)),
    contentHash: content.contentHash,
  };
}

function rank(
  documents: readonly StoredDocument[],
  score: (held: StoredDocument['chunks'][number], stored: StoredDocument) => number,
): Candidate[] {
  const hits = documents.flatMap((stored) =>
    stored.chunks.map((held) => ({
      chunkId: held.chunk.chunkId,
      documentId: held.chunk.documentId,
      ordinal: held.chunk.ordinal,
      score: score(held, stored),
    })),
  );
  return hits.sort(
    (left, right) =>
      right.score - left.score ||
      compareBytes(left.documentId, right.documentId) ||
      left.ordinal - right.ordinal,
  );
}

/** Stands in for BM25: weighted, saturating, higher for more of the query's words. */
function lexicalHits(
  documents: readonly StoredDocument[],
  lexical: NonNullable<LegsQuery['lexical']>,
): Candidate[] {
  const words = new Set(stems(lexical.text));
  const hits = rank(documents, ({ chunk }, { record }) => {
    const title = stems(headingLine(record.content?.title, chunk.headingPath));
    const text = stems(`${chunk.context ?? ''} ${chunk.text}`);
    let score = 0;
    for (const word of words) {
      const frequency =
        lexical.fields.title * title.filter((stem) => stem === word).length +
        lexical.fields.text * text.filter((stem) => stem === word).length;
      // Longer chunks score lower, as BM25's length norm has it.
      score += frequency / (frequency + 1 + text.length / 100);
    }
    return score;
  });
  return hits.filter((hit) => hit.score > 0);
}

const stopWords = new Set(['a', 'an', 'and', 'in', 'is', 'it', 'of', 'the', 'to']);

function* words(text: string): Generator<{ stem: string; start: number; end: number }> {
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const lower = word.toLowerCase();
    if (stopWords.has(lower)) continue;
    yield { stem: lower.replace(/(ions|ion|ing|ed|s)$/, ''), start: index, end: index + word.length };
  }
}

function stems(text: string): string[] {
  return [...words(text)].map(({ stem }) => stem);
}

function highlights(text: string, query: string): [number, number][] {
  const wanted = new Set(stems(query));
  return [...words(text)].filter(({ stem }) => wanted.has(stem)).map(({ start, end }) => [start, end]);
}

function createDocuments(
  tenants: Tenants,
  vectors: Map<string, Map<string, Float32Array>>,
  dimensions: number,
): DocumentStore {
  return {
    async record(scope, documentId) {
      const stored = tenants.get(scope.tenantId)?.get(documentId);
      return stored && { record: stored.record, revision: stored.revision };
    },

    async list(scope, page) {
      const records = [...(tenants.get(scope.tenantId)?.values() ?? [])]
        .map(({ record }) => record)
        .filter(({ content }) => content !== undefined && (page.deleted || !content.deleted))
        .filter((record) => isShown(scope, record))
        .filter(({ documentId }) => page.after === undefined || compareBytes(documentId, page.after) > 0)
        .sort((left, right) => compareBytes(left.documentId, right.documentId));
      const shown = records.slice(0, page.limit);
      return { records: shown, ...(records.length > shown.length && { next: shown.at(-1)!.documentId }) };
    },

    async chunks(scope, documentId) {
      const stored = readable(tenants, scope).find(({ record }) => record.documentId === documentId);
      return (stored?.chunks ?? []).map(({ chunk }) => chunk);
    },

    async vectors(scope, fingerprints) {
      const held = vectors.get(scope.tenantId);
      return new Map(
        fingerprints.flatMap((fingerprint) => {
          const vector = held?.get(fingerprint);
          return vector === undefined ? [] : [[fingerprint, vector] as const];
        }),
      );
    },

    async replace(scope, write) {
      const { documentId } = write.record;
      const stored = tenants.get(scope.tenantId)?.get(documentId);
      if (stored?.revision !== write.expected) {
        throw new RevisionConflict(`Cannot replace document ${JSON.stringify(documentId)}: it has changed`);
      }
      for (const { vector } of write.chunks?.chunks ?? []) {
        if (vector.length === dimensions) continue;
        throw new EngineMismatch(
          `Cannot index document ${JSON.stringify(documentId)}: embedding has ${vector.length} dimensions, expected ${dimensions}`,
        );
      }
      const documents = tenants.get(scope.tenantId) ?? new Map<string, StoredDocument>();
      tenants.set(scope.tenantId, documents);
      documents.set(documentId, {
        record: write.record,
        revision: nextRevision(),
        chunks: write.chunks?.chunks ?? stored?.chunks ?? [],
        parents: write.chunks?.parents ?? stored?.parents ?? [],
      });
      const held = vectors.get(scope.tenantId) ?? new Map<string, Float32Array>();
      vectors.set(scope.tenantId, held);
      for (const { fingerprint, vector } of write.chunks?.chunks ?? []) held.set(fingerprint, vector);
    },

    async refresh() {},
  };
}

function createState(): StateStore {
  const entries = new Map<string, { readonly collection: string; readonly entry: StateEntry }>();
  const address = (owner: StateOwner, collection: string, key: string) =>
    JSON.stringify([owner === 'system' ? null : owner.tenantId, collection, key]);
  return {
    async get(owner, collection, key) {
      return entries.get(address(owner, collection, key))?.entry;
    },

    async put(owner, collection, key, value, expected) {
      const at = address(owner, collection, key);
      const stored = entries.get(at)?.entry.revision ?? null;
      if (expected !== undefined && expected !== stored) {
        throw new RevisionConflict(`Cannot put ${collection}/${key}: it has changed`);
      }
      const revision = nextRevision();
      const tenant = owner === 'system' ? {} : { tenantId: owner.tenantId };
      const copy: unknown = JSON.parse(JSON.stringify(value));
      entries.set(at, { collection, entry: { ...tenant, key, value: copy, revision } });
      return revision;
    },

    async remove(owner, collection, key) {
      entries.delete(address(owner, collection, key));
    },

    async list(owner, collection, page) {
      const isOwned = ({ tenantId }: StateEntry) => {
        if (owner === 'all') return tenantId !== undefined;
        return tenantId === (owner === 'system' ? undefined : owner.tenantId);
      };
      return [...entries.values()]
        .filter((held) => held.collection === collection)
        .map(({ entry }) => entry)
        .filter(isOwned)
        .filter(({ key }) => page.after === undefined || compareBytes(key, page.after) > 0)
        .sort((left, right) => compareBytes(left.key, right.key))
        .slice(0, page.limit);
    },
  };
}
