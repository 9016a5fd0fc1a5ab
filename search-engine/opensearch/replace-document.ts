import { type DocumentRecord, isLive } from '../../domain/document-record.ts';
import { EngineMismatch, EngineUnavailable, RevisionConflict } from '../../domain/errors.ts';
import type { DocumentWrite, ReplacedChunks } from '../document-store.ts';
import { type Bulk, type BulkItem, writeBulk } from './bulk.ts';
import { chunkDeletions, chunkWrites, generationOf, shownHash } from './chunk-source.ts';
import type { Connection } from './connection.ts';
import type {
  DocumentState,
  DocumentStates,
  Generation,
  Position,
  StoredState,
  Writing,
} from './document-state.ts';
import type { Get } from './get.ts';
import type { Indices } from './indices.ts';
import { readStoredChunks } from './stored-chunks.ts';
import { vectorWrites } from './vector-cache.ts';

/** What writing documents works with. */
export interface WriteTools {
  readonly connection: Connection;
  readonly bulk: Bulk;
  readonly get: Get;
  readonly indices: Indices;
  readonly states: DocumentStates;
  readonly dimensions: number;
}

/** A state that has been committed and may still name chunks to delete. */
export interface Committed {
  readonly state: DocumentState;
  readonly position: Position;
}

/** So many replacements of one document are followed within a refresh, a second: each is several requests. */
const mostPrevious = 50;

/**
 * Of a document that nothing is known of. Its numbers begin at the time, so that they are none of those that it had before
 * it was forgotten, or went with its tenant: what a late write of then left is not taken for its own.
 */
const untouched = (): Writing => ({ leftovers: [], last: Date.now() });

/**
 * Replaces a document up to the commit, so that a crash at any moment leaves it wholly old or wholly new:
 *
 * 1. the intent: the state names the chunks that are about to be written, beside those that stand;
 * 2. the new chunks, under ids of their own, which readers leave out as long as the state does not own to them;
 * 3. the commit: one write of the state makes the record and the new chunks the document;
 * 4. the old chunks are deleted, by their ids (this and the next in `finishWriting`);
 * 5. the state no longer names them.
 *
 * Steps 1, 3 and 5 compare and set. Before 3, recovery deletes the new chunks; after it, the old ones. A write that
 * brings no chunks begins at 3, and one that replaces none ends there.
 *
 * @throws {RevisionConflict} {EngineMismatch} {EngineUnavailable} {Rejection}
 */
export async function commitDocument(
  tools: WriteTools,
  write: DocumentWrite,
  expected: Position | undefined,
): Promise<Committed> {
  checkDimensions(tools.dimensions, write);
  const { record } = write;
  const stored = await expectedState(tools.states, record, expected);
  const held = stored?.state.writing ?? untouched();
  const content = await contentOf(tools, write, held).catch(async (error: unknown) => {
    // Another writer may have replaced the chunks while they were read, and then this is a conflict.
    await expectedState(tools.states, record, stored?.position);
    throw error;
  });
  if (content === undefined) {
    const state = { record, writing: withoutNewChunks(write, held) };
    const position = await tools.states.write(record.tenantId, record.documentId, state, stored?.position);
    return { state, position };
  }
  return commitChunks(tools, record, stored, held, content, write.chunks !== undefined);
}

/**
 * Deletes what a committed state names as left over, then the names.
 * @throws {EngineUnavailable} after which recovery has to do it
 */
export async function finishWriting(
  tools: WriteTools,
  tenantId: string,
  documentId: string,
  { state, position }: Committed,
): Promise<void> {
  if (state.writing.leftovers.length === 0) return;
  for (const generation of state.writing.leftovers) {
    await removeChunks(tools, tenantId, documentId, generation);
  }
  const finished = { ...state, writing: { ...state.writing, leftovers: [] } };
  try {
    await tools.states.write(tenantId, documentId, finished, position);
  } catch (error) {
    // The next writer has taken over, names included.
    if (!(error instanceof RevisionConflict)) throw error;
  }
}

async function commitChunks(
  tools: WriteTools,
  record: DocumentRecord,
  stored: StoredState | undefined,
  held: Writing,
  content: ReplacedChunks,
  hasNewVectors: boolean,
): Promise<Committed> {
  const { states } = tools;
  const { tenantId, documentId } = record;
  const made = generationOf(held.last + 1, content);
  const intent: DocumentState = {
    ...stored?.state,
    writing: { ...held, last: made.number, leftovers: [...held.leftovers, made] },
  };
  const intentPosition = await states.write(tenantId, documentId, intent, stored?.position);
  try {
    await writeBulk(tools.bulk, newItems(tools.indices, record, made, content, hasNewVectors));
  } catch (error) {
    // What OpenSearch refuses is taken back at once; what it cannot do now, it cannot undo now either.
    if (!(error instanceof EngineUnavailable)) {
      const undone = { ...intent, writing: { ...intent.writing, leftovers: held.leftovers } };
      try {
        await removeChunks(tools, tenantId, documentId, made);
        await states.write(tenantId, documentId, undone, intentPosition);
      } catch (failure) {
        // Another writer has taken over, names included, or recovery will: why this write failed stays what is told, so
        // that nobody tries again what is refused for good.
        if (!(failure instanceof RevisionConflict || failure instanceof EngineUnavailable)) throw failure;
      }
    }
    throw error;
  }
  const state: DocumentState = {
    record,
    writing: {
      current: made,
      leftovers: [...held.leftovers, ...(held.current === undefined ? [] : [held.current])],
      ...(held.current !== undefined && {
        previous: [held.current.number, ...(held.previous ?? [])].slice(0, mostPrevious),
      }),
      last: made.number,
      shown: shownHash(record),
    },
  };
  try {
    return { state, position: await states.write(tenantId, documentId, state, intentPosition) };
  } catch (error) {
    // Another writer has taken over, and what was written here is nobody's. Where it is not known whether the commit
    // arrived, the chunks stay: recovery goes by what the state says.
    if (error instanceof RevisionConflict && !(await isCurrent(states, record, made))) {
      await removeChunks(tools, tenantId, documentId, made);
    }
    throw error;
  }
}

/** A commit whose answer was lost may have arrived, and another writer may have kept its chunks. */
async function isCurrent(
  states: DocumentStates,
  { tenantId, documentId }: DocumentRecord,
  { number }: Generation,
): Promise<boolean> {
  const stored = await states.read(tenantId, documentId);
  return stored?.state.writing.current?.number === number;
}

function* newItems(
  indices: Indices,
  record: DocumentRecord,
  made: Generation,
  content: ReplacedChunks,
  hasNewVectors: boolean,
): Generator<BulkItem> {
  yield* chunkWrites(indices, record, made.number, content);
  if (hasNewVectors) yield* vectorWrites(indices, record.tenantId, content.chunks, new Date());
}

async function removeChunks(
  { bulk, indices }: WriteTools,
  tenantId: string,
  documentId: string,
  generation: Generation,
): Promise<void> {
  await writeBulk(bulk, chunkDeletions(indices, tenantId, documentId, generation));
}

/** The chunks to write; undefined where there are none, or where those that stand can stay as they are. */
async function contentOf(
  { connection, indices }: WriteTools,
  { record, chunks }: DocumentWrite,
  { current, shown }: Writing,
): Promise<ReplacedChunks | undefined> {
  if (!isLive(record)) return undefined;
  if (chunks !== undefined) return chunks.chunks.length + chunks.parents.length > 0 ? chunks : undefined;
  if (current === undefined || current.chunks === 0 || shown === shownHash(record)) return undefined;
  return readStoredChunks(connection, indices, record, current);
}

/**
 * The stored chunks stay with a live record that brings none; with any other they go, and are shown no longer: no new
 * ones are waited for.
 */
function withoutNewChunks({ record, chunks }: DocumentWrite, held: Writing): Writing {
  const { current, leftovers, last } = held;
  if (current === undefined) return { leftovers, last };
  if (isLive(record) && chunks === undefined) return { ...held, shown: shownHash(record) };
  return { leftovers: [...leftovers, current], last };
}

/** The whole stored state, which the intent has to repeat. A first write that was never finished counts as none. */
async function expectedState(
  states: DocumentStates,
  { tenantId, documentId }: DocumentRecord,
  expected: Position | undefined,
): Promise<StoredState | undefined> {
  const stored = await states.read(tenantId, documentId);
  const isExpected =
    expected === undefined
      ? stored?.state.record === undefined
      : stored?.position.sequence === expected.sequence && stored.position.term === expected.term;
  if (isExpected) return stored;
  throw new RevisionConflict(
    `Cannot write document ${JSON.stringify(documentId)}: another writer changed it in the meantime`,
  );
}

function checkDimensions(dimensions: number, { record, chunks }: DocumentWrite): void {
  for (const { vector } of chunks?.chunks ?? []) {
    if (vector.length !== dimensions) {
      throw new EngineMismatch(
        `Cannot index document ${JSON.stringify(record.documentId)}: embedding has ${vector.length} dimensions, ` +
          `expected ${dimensions}`,
      );
    }
  }
}
