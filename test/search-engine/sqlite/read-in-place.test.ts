import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tenantFile } from '../../../search-engine/sqlite/data-folder.ts';
import { Database } from '../../../search-engine/sqlite/database.ts';
import { createReadInPlace } from '../../../search-engine/sqlite/read-in-place.ts';
import { storeDocuments } from '../document-builder.ts';
import { scopes } from '../scopes.ts';
import { embedding, openEngine, temporaryFolder } from './sqlite-subject.ts';

describe('createReadInPlace', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(async () => {
    folder = temporaryFolder();
    const engine = await openEngine(folder.path);
    await storeDocuments(engine, scopes.operator('one'), [{ documentId: 'a', chunks: ['the lighthouse'] }]);
    await engine.close();
  });
  afterEach(() => {
    folder.remove();
  });
  const open = (largestFile = 2 ** 30) =>
    createReadInPlace({ folder: folder.path, embedding, rememberVectorsMs: 0 }, largestFile);
  const read = (inPlace: ReturnType<typeof open>, tenantId = 'one') =>
    inPlace.try(
      tenantId,
      ({ list }) => list(scopes.operator(tenantId), { limit: 10, deleted: false }).records.length,
    );

  it('reads a tenant, and one that does not exist as empty', () => {
    const inPlace = open();
    expect(read(inPlace)).toBe(1);
    expect(read(inPlace, 'none')).toBe(0);
    inPlace.close();
  });
  it('leaves a large file to the threads', () => {
    const inPlace = open(1_000);
    expect(read(inPlace)).toBeUndefined();
    inPlace.close();
  });
  it('leaves a locked file to the threads without waiting for the lock', () => {
    const other = new Database(tenantFile(folder.path, 'one'), 'write');
    other.execute('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const inPlace = open();
    const startedAt = performance.now();
    expect(read(inPlace)).toBeUndefined();
    // A thread would wait for ten seconds.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    other.execute('COMMIT');
    other.close();
    expect(read(inPlace)).toBe(1);
    inPlace.close();
  });
  it('opens nothing again once it is closed', () => {
    const inPlace = open();
    inPlace.close();
    expect(read(inPlace)).toBeUndefined();
  });
});
