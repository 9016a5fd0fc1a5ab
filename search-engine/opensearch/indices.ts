import { EngineMismatch } from '../../domain/errors.ts';
import type { Connection } from './connection.ts';
import type { IndexOptions } from './connection-options.ts';
import { Rejection } from './failure.ts';
import { addedFields, type IndexKind, indexKinds, mappingsOf, settingsOf } from './mappings.ts';

/** What the vectors of an index are made with. */
export interface EmbeddingSpace {
  readonly modelId: string;
  readonly dimensions: number;
}

/** The aliases that everything reads from and writes to. */
export interface Indices {
  readonly read: Readonly<Record<IndexKind, string>>;
  readonly write: Readonly<Record<IndexKind, string>>;
  /** Matches the physical indices of this prefix. */
  readonly pattern: string;
}

/** Raised when stored documents are no longer read as before. */
const schemaVersion = 1;
const firstGeneration = '000001';

export function indicesOf(prefix: string): Indices {
  const named = (suffix: string) =>
    Object.fromEntries(indexKinds.map((kind) => [kind, `${prefix}-${kind}${suffix}`])) as Record<
      IndexKind,
      string
    >;
  return {
    read: named(''),
    write: named('-write'),
    pattern: indexKinds.map((kind) => `${prefix}-${kind}`).join(','),
  };
}

/**
 * Makes the indices that are missing, each with its two aliases in the same step, and checks those that are there.
 * Two processes may do this at once.
 * @throws {EngineMismatch} for an index of another model, other dimensions, another schema, or another program's
 */
export async function openIndices(
  connection: Connection,
  options: IndexOptions,
  space: EmbeddingSpace,
): Promise<Indices> {
  const indices = indicesOf(options.indexPrefix);
  for (const kind of indexKinds) {
    const name = indices.read[kind];
    const stored = await storedMapping(connection, name);
    if (stored === undefined) await createIndex(connection, indices, kind, options, space);
    const mapping = stored ?? (await storedMapping(connection, name));
    checkMeta(name, mapping?._meta ?? (mapping && {}), space);
    await addFields(connection, name, kind, mapping);
  }
  // After a restart of the cluster the shards take a moment to be opened.
  await connection.request({
    method: 'GET',
    path: `/_cluster/health/${indices.pattern}`,
    query: { wait_for_status: 'yellow', timeout: '30s' },
  });
  return indices;
}

async function createIndex(
  connection: Connection,
  indices: Indices,
  kind: IndexKind,
  options: IndexOptions,
  space: EmbeddingSpace,
): Promise<void> {
  try {
    await connection.request({
      method: 'PUT',
      path: `/${indices.read[kind]}-${firstGeneration}`,
      body: {
        settings: settingsOf(kind, options),
        mappings: { _meta: metaOf(space), ...mappingsOf(kind, space.dimensions) },
        aliases: { [indices.read[kind]]: {}, [indices.write[kind]]: { is_write_index: true } },
      },
    });
  } catch (error) {
    // Another process was quicker; what it made is checked next.
    if (error instanceof Rejection && error.type === 'resource_already_exists_exception') return;
    if (error instanceof Rejection && /knn/.test(error.message)) {
      throw new EngineMismatch(
        `Cannot create the index ${indices.read[kind]}: OpenSearch at ${connection.url} has no k-NN plugin`,
        { cause: error },
      );
    }
    throw error;
  }
}

interface Meta {
  readonly braid?: { readonly schema?: number; readonly modelId?: string; readonly dimensions?: number };
}

function metaOf({ modelId, dimensions }: EmbeddingSpace): Meta {
  return { braid: { schema: schemaVersion, modelId, dimensions } };
}

interface StoredMapping {
  readonly _meta?: Meta;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** Gives an index that was made by an earlier Braid the fields that have come since, which none of its documents has. */
async function addFields(
  connection: Connection,
  name: string,
  kind: IndexKind,
  mapping: StoredMapping | undefined,
): Promise<void> {
  const missing = Object.entries(addedFields(kind)).filter(
    ([field]) => mapping?.properties?.[field] === undefined,
  );
  if (missing.length === 0) return;
  const body = { properties: Object.fromEntries(missing) };
  await connection.request({ method: 'PUT', path: `/${name}/_mapping`, body });
}

async function storedMapping(connection: Connection, alias: string): Promise<StoredMapping | undefined> {
  try {
    const reply = await connection.request<Record<string, { mappings: StoredMapping }>>({
      method: 'GET',
      path: `/${alias}/_mapping`,
    });
    const first = Object.values(reply)[0];
    return first?.mappings;
  } catch (error) {
    if (error instanceof Rejection && error.status === 404) return undefined;
    throw error;
  }
}

function checkMeta(name: string, meta: Meta | undefined, space: EmbeddingSpace): void {
  const stored = meta?.braid;
  if (stored === undefined) {
    throw new EngineMismatch(`Cannot open the index ${name}: it was not made by Braid`);
  }
  if (stored.schema !== schemaVersion) {
    throw new EngineMismatch(
      `Cannot open the index ${name}: it has schema version ${stored.schema}, this Braid reads ${schemaVersion}`,
    );
  }
  if (stored.modelId !== space.modelId || stored.dimensions !== space.dimensions) {
    throw new EngineMismatch(
      `Cannot open the index ${name}: the index has ${stored.dimensions} dimensions of model ${stored.modelId}, ` +
        `the configuration asks for ${space.dimensions} dimensions of model ${space.modelId}`,
    );
  }
}
