import type { IndexOptions } from './connection-options.ts';

export type IndexKind = 'chunks' | 'documents' | 'vectors' | 'state';

export const indexKinds: readonly IndexKind[] = ['chunks', 'documents', 'vectors', 'state'];

/** The most that one search may return; above the 10,000 candidates that a leg may have. */
export const maxResultWindow = 20_000;

// Lucene's HNSW: 16 neighbours a node and 128 candidates while building are its usual middle between the size of the
// graph, the time to build it, and recall.
const graph = { m: 16, ef_construction: 128 };

const keyword = { type: 'keyword' };
/** Searched by exact value only. */
const lookup = { type: 'keyword', doc_values: false };
/** Kept in _source, neither searched nor sorted. */
const stored = { type: 'keyword', index: false, doc_values: false };
const text = { type: 'text', analyzer: 'braid', index_options: 'freqs' };

/**
 * One nested entry a key, so that no tenant's keys or types ever reach the mapping: `string` or `list`, `number` or
 * `boolean` holds the value, `whole` a hash of a whole list.
 */
const metadata = {
  type: 'nested',
  dynamic: 'strict',
  properties: {
    key: lookup,
    string: keyword,
    list: keyword,
    whole: lookup,
    number: { type: 'double' },
    boolean: { type: 'boolean' },
  },
};

/** Who may read, and until when; `restricted` tells an allow list that is there from one that is not. */
const access = {
  allow: lookup,
  deny: lookup,
  restricted: { type: 'boolean', doc_values: false },
  expiresAt: { type: 'date', format: 'strict_date_time', doc_values: false },
};

/** The fields of each index; a field that is not listed is refused. */
export function mappingsOf(kind: IndexKind, dimensions: number): object {
  switch (kind) {
    case 'chunks':
      return strict(
        {
          tenantId: lookup,
          documentId: keyword,
          documentKey: keyword,
          chunkId: lookup,
          ordinal: { type: 'integer', index: false },
          generation: { type: 'long', index: false },
          title: text,
          body: text,
          chunk: stored,
          parent: stored,
          vectorId: keyword,
          vector: {
            type: 'knn_vector',
            dimension: dimensions,
            // Vectors have length 1, so that the inner product is the cosine, without a division for each comparison.
            space_type: 'innerproduct',
            method: { name: 'hnsw', engine: 'lucene', parameters: graph },
          },
          metadata,
          ...access,
        },
        true,
      );
    case 'documents':
      return strict(
        {
          tenantId: lookup,
          documentId: keyword,
          status: lookup,
          open: { type: 'boolean', doc_values: false },
          // Strings and members of lists alike: what a facet counts.
          metadata: {
            ...metadata,
            properties: { ...metadata.properties, term: { type: 'keyword', index: false } },
          },
          ...access,
          record: stored,
          writing: stored,
          token: stored,
        },
        true,
      );
    case 'vectors':
      return strict({ tenantId: lookup, vector: stored, usedAt: { type: 'date' } }, false);
    case 'state':
      return strict(
        { owner: keyword, collection: lookup, key: keyword, value: stored, token: stored },
        false,
      );
  }
}

/** Fields of an index that were added after its schema version was given; those that an older index lacks are put to it. */
export function addedFields(kind: IndexKind): Readonly<Record<string, object>> {
  return kind === 'chunks' || kind === 'documents' ? { expiresAt: access.expiresAt } : {};
}

/** Settings of a new index. */
export function settingsOf(kind: IndexKind, { shards, replicas }: IndexOptions): object {
  return {
    index: {
      number_of_shards: kind === 'state' ? 1 : shards,
      number_of_replicas: replicas,
      // Said, so that a shard which nobody has searched for a while is refreshed like any other.
      refresh_interval: '1s',
      // Read by id only, and a vector that a power cut takes is embedded again: what each write of a document need not
      // wait for.
      ...(kind === 'vectors' && { refresh_interval: '30s', translog: { durability: 'async' } }),
      max_result_window: maxResultWindow,
      ...(kind === 'chunks' && {
        knn: true,
        // Chunks may be whole documents.
        highlight: { max_analyzed_offset: 100_000_000 },
        analysis: {
          analyzer: {
            // What `english` does, but stop words stay, so that a text's length is its own and a query of nothing but
            // stop words still finds; queries leave them out themselves. Accents are folded.
            braid: {
              type: 'custom',
              tokenizer: 'standard',
              filter: ['possessive', 'lowercase', 'asciifolding', 'porter_stem'],
            },
          },
          filter: { possessive: { type: 'stemmer', language: 'possessive_english' } },
        },
      }),
    },
  };
}

function strict(properties: object, isRouted: boolean): object {
  return { dynamic: 'strict', ...(isRouted && { _routing: { required: true } }), properties };
}
