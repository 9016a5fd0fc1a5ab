import { statSync } from 'node:fs';
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
    inPlace.try(({ list }) => list(scopes.operator(tenantId), { limit: 10, deleted: false }).records.length);

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
  it('leaves a tenant to the threads that is large by what stands in its log only', async () => {
    const path = tenantFile(folder.path, 'one');
    const { size } = statSync(path);
    const inPlace = open(size);
    expect(read(inPlace)).toBe(1);
    const engine = await openEngine(folder.path);
    const text = Array.from({ length: 2_000 }, (_, at) => `word${at}`).join(' ');
    for (const documentId of ['b', 'c', 'd']) {
      await storeDocuments(engine, scopes.operator('one'), [{ documentId, chunks: [text] }]);
    }
    expect(statSync(path).size).toBe(size);
    expect(read(inPlace)).toBeUndefined();
    await engine.close();
    inPlace.close();
  });
  it('reads a tenant whose log was long once', async () => {
    const engine = await openEngine(folder.path);
    for (let at = 0; at < 30; at += 1) {
      await storeDocuments(engine, scopes.operator('one'), [{ documentId: `b${at}` }]);
    }
    const path = tenantFile(folder.path, 'one');
    const limit = 2 * statSync(path).size;
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(limit);
    const inPlace = open(limit);
    expect(read(inPlace)).toBe(10);
    inPlace.close();
    await engine.close();
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
