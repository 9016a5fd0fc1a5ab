import { randomUUID } from 'node:crypto';
import { documentKey } from '../../domain/chunk.ts';
import { type DocumentRecord, isLive, searchedMetadata } from '../../domain/document-record.ts';
import { RevisionConflict } from '../../domain/errors.ts';
import { readRecord, writeRecord } from '../../domain/record-text.ts';
import type { Bulk } from './bulk.ts';
import type { Connection } from './connection.ts';
import { Rejection } from './failure.ts';
import type { Get, Got } from './get.ts';
import type { Indices } from './indices.ts';
import { accessFields, metadataEntries } from './metadata-entries.ts';

/** The chunks that one write of a document made: their ids follow from these numbers. */
export interface Generation {
  readonly number: number;
  /** Ordinals of chunks and of parents are below these. */
  readonly chunks: number;
  readonly parents: number;
}

/**
 * What is stored of one document beside its chunks. Each chunk in the index belongs to `current` or to one of the
 * `leftovers`: those are of a write that is not finished, or were replaced, and are to be deleted.
 */
export interface Writing {
  readonly current?: Generation;
  readonly leftovers: readonly Generation[];
  /** The generations before `current`, the latest first: searches may still see one of them for a moment. */
  readonly previous?: readonly number[];
  /** The highest number given so far; none is given twice. */
  readonly last: number;
  /** Hash of what the chunks carry of their document; see shownHash(). */
  readonly shown?: string;
}

export interface DocumentState {
  /** Absent while the first write is not finished. */
  readonly record?: DocumentRecord;
  readonly writing: Writing;
}

/** A place in the history of one stored state, as OpenSearch compares it. */
export interface Position {
  readonly sequence: number;
  readonly term: number;
}

export interface StoredState {
  readonly state: DocumentState;
  readonly position: Position;
}

/** What the documents' index returns of a state. */
export interface StateSource {
  readonly record?: string;
  readonly writing: string;
  readonly token: string;
  readonly documentId: string;
  readonly tenantId: string;
}

/** The fields of StateSource. */
export const stateFields = ['record', 'writing', 'token', 'documentId', 'tenantId'];

/** Reads and writes the states of documents; reads see each acknowledged write. */
export interface DocumentStates {
  read(tenantId: string, documentId: string): Promise<StoredState | undefined>;
  /**
   * Writes a state where exactly `expected` is stored; `undefined`: where there is none.
   * @throws {RevisionConflict} when something else is stored
   */
  write(
    tenantId: string,
    documentId: string,
    state: DocumentState,
    expected: Position | undefined,
  ): Promise<Position>;
  /** Removes a state. @throws {RevisionConflict} when another than `expected` is stored */
  remove(tenantId: string, documentId: string, expected: Position): Promise<void>;
}

export function createDocumentStates(
  { get, bulk, connection }: { readonly get: Get; readonly bulk: Bulk; readonly connection: Connection },
  indices: Indices,
): DocumentStates {
  const read = async (id: string): Promise<Got<StateSource> | undefined> => {
    const [found] = await get<StateSource>([
      { index: indices.read.documents, id, routing: id, fields: stateFields },
    ]);
    return found;
  };

  return {
    read: async (tenantId, documentId) => {
      const found = await read(documentKey(tenantId, documentId));
      return (
        found && {
          state: readState(found.source),
          position: { sequence: found.sequence, term: found.term },
        }
      );
    },

    write: async (tenantId, documentId, state, expected) => {
      const id = documentKey(tenantId, documentId);
      const token = randomUUID();
      const [outcome] = await bulk([
        {
          action: expected === undefined ? 'create' : 'index',
          index: indices.write.documents,
          id,
          routing: id,
          ...(expected !== undefined && { expected }),
          source: JSON.stringify(sourceOf(tenantId, documentId, state, token)),
        },
      ]);
      const { failure, sequence, term } = outcome!;
      if (failure === undefined) return { sequence: sequence!, term: term! };
      if (!(failure instanceof Rejection && failure.status === 409)) throw failure;
      // A write whose answer was lost is sent again and then meets itself.
      const found = await read(id);
      if (found?.source.token === token) return { sequence: found.sequence, term: found.term };
      throw new RevisionConflict(
        `Cannot write document ${JSON.stringify(documentId)}: another writer changed it in the meantime`,
      );
    },

    remove: async (tenantId, documentId, expected) => {
      const id = documentKey(tenantId, documentId);
      try {
        await connection.request({
          method: 'DELETE',
          path: `/${indices.write.documents}/_doc/${id}`,
          query: { routing: id, if_seq_no: expected.sequence, if_primary_term: expected.term },
        });
      } catch (error) {
        if (!(error instanceof Rejection && (error.status === 409 || error.status === 404))) throw error;
        // A removal whose answer was lost is sent again and finds nothing.
        if ((await read(id)) === undefined) return;
        throw new RevisionConflict(
          `Cannot remove document ${JSON.stringify(documentId)}: another writer changed it in the meantime`,
        );
      }
    },
  };
}

export function readState(source: Pick<StateSource, 'record' | 'writing'>): DocumentState {
  return {
    ...(source.record !== undefined && { record: readRecord(source.record) }),
    writing: readWriting(source.writing),
  };
}

/** States of before more than one generation was remembered have a number. */
function readWriting(text: string): Writing {
  const { previous, ...writing } = JSON.parse(text);
  return { ...writing, ...(previous !== undefined && { previous: [previous].flat() }) };
}

function sourceOf(tenantId: string, documentId: string, state: DocumentState, token: string): object {
  const { record, writing } = state;
  return {
    tenantId,
    documentId,
    status: statusOf(record),
    open: writing.leftovers.length > 0,
    writing: JSON.stringify(writing),
    token,
    ...(record !== undefined && {
      record: writeRecord(record),
      metadata: metadataEntries(searchedMetadata(record), true),
      ...accessFields(record),
    }),
  };
}

/** What readers may be shown of: `live`, and `deleted` where tombstones are asked for. */
function statusOf(record: DocumentRecord | undefined): 'unfinished' | 'live' | 'deleted' | 'parked' {
  if (record === undefined) return 'unfinished';
  if (isLive(record)) return 'live';
  return record.content?.deleted === true ? 'deleted' : 'parked';
}
