import type { EmbeddingSpace } from './embedding-space.ts';

/** Of both kinds of file, kept in SQLite's `user_version`; a file with a newer one is not opened. */
export const schemaVersion = 1;

/** "Brai": tells Braid's files from other programs' (SQLite's `application_id`). */
export const applicationId = 0x42726169;

/** Tokenizer of everything that is searched by words; marked words must come from the same one. */
export const tokenizer = 'porter unicode61 remove_diacritics 2';

const shared = `
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (
  entry INTEGER PRIMARY KEY,
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  revision TEXT NOT NULL,
  value TEXT NOT NULL
);
CREATE UNIQUE INDEX state_by_key ON state (collection, key);
`;

/** Tables of the control file. */
export const controlSchema = shared;

/**
 * Tables of a tenant's file.
 *
 * `documents` and `chunks` are narrow, since queries join them for each match; what is only shown stands beside them in
 * `records` and `texts`. `metadata` and `access` hold rows of live documents only and are clustered by what is looked
 * for; the rows of one document are found again from its record. `access` holds expiry times too (see access-rows.ts). `vectors` keeps each vector once a fingerprint;
 * `nearest` holds those that chunks use. `lexical` is an index over `lexical_content` without a copy of the text.
 */
export function tenantSchema(embedding: EmbeddingSpace): string {
  return `${shared}
CREATE TABLE documents (
  document INTEGER PRIMARY KEY,
  document_id TEXT NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  has_allow INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  revision TEXT NOT NULL
);
CREATE INDEX documents_by_state ON documents (state, has_allow, chunks);
CREATE TABLE records (document INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE metadata (
  key TEXT NOT NULL, type INTEGER NOT NULL, value NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (key, type, value, document)
) WITHOUT ROWID;
CREATE TABLE access (
  principal TEXT NOT NULL, kind INTEGER NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (principal, kind, document)
) WITHOUT ROWID;
CREATE TABLE chunks (
  chunk INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  vector INTEGER NOT NULL,
  chunk_id TEXT NOT NULL
);
CREATE INDEX chunks_by_document ON chunks (document, ordinal, vector);
CREATE INDEX chunks_by_vector ON chunks (vector, document);
CREATE INDEX chunks_by_id ON chunks (chunk_id);
CREATE TABLE texts (
  chunk INTEGER PRIMARY KEY,
  heading TEXT NOT NULL,
  context TEXT,
  text TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE TABLE parents (
  document INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  text_start INTEGER NOT NULL,
  text_end INTEGER NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX parents_by_document ON parents (document, ordinal);
CREATE VIEW lexical_content AS
  SELECT chunk, heading, CASE WHEN context IS NULL THEN text ELSE context || char(10) || text END AS body FROM texts;
CREATE VIRTUAL TABLE lexical USING fts5(
  heading, body, content = 'lexical_content', content_rowid = 'chunk', tokenize = '${tokenizer}'
);
CREATE TABLE vectors (
  vector INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  unreferenced_since INTEGER,
  embedding BLOB NOT NULL
);
CREATE INDEX vectors_unreferenced ON vectors (unreferenced_since) WHERE unreferenced_since IS NOT NULL;
${nearestSchema(embedding)}`;
}

/** Vectors a block of `nearest`. With sqlite-vec's own 1,024 a tenant of few chunks takes 1.6 MB. */
export const nearestBlock = 128;

/** The table of vectors that is scanned for the nearest. */
export function nearestSchema({ dimensions }: EmbeddingSpace): string {
  return `CREATE VIRTUAL TABLE nearest USING vec0(embedding float[${dimensions}], chunk_size=${nearestBlock});`;
}

/**
 * Tables of one connection, in memory: the documents that a query's scope and filter leave, those that facets count, and
 * the chunks of the dense leg that the lexical one scores too.
 */
export const selectionSchema = `
CREATE TEMP TABLE matching (document INTEGER PRIMARY KEY);
CREATE TEMP TABLE counted (document INTEGER PRIMARY KEY);
CREATE TEMP TABLE completing (chunk INTEGER PRIMARY KEY);
`;

/** Values of `documents.state`. */
export const documentState = { parked: 0, live: 1, deleted: 2 } as const;
