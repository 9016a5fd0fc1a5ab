import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineMismatch, EngineUnavailable } from '../../../domain/errors.ts';
import { controlFile, tenantFile } from '../../../search-engine/sqlite/data-folder.ts';
import { Database } from '../../../search-engine/sqlite/database.ts';
import { deleteDocument, drawUnitVector, putDocument, storeDocuments } from '../document-builder.ts';
import { describeDocumentStoreContract } from '../document-store.contract.ts';
import { scopes } from '../scopes.ts';
import { describeSearchEngineContract } from '../search-engine.contract.ts';
import { describeStateStoreContract } from '../state-store.contract.ts';
import { checkTenantFile } from './check-tenant-file.ts';
import { dimensions, embedding, openEngine, openSubject, temporaryFolder } from './sqlite-subject.ts';

describeSearchEngineContract('sqlite', () => openSubject());
describeSearchEngineContract('sqlite, in threads', () => openSubject({ readInPlaceBytes: 0 }));
describeDocumentStoreContract('sqlite', () => openSubject());
describeStateStoreContract('sqlite', () => openSubject());

describe('createSqliteEngine', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    folder.remove();
  });
  const scope = scopes.operator('one');
  const query = {
    lexical: { text: 'lighthouse', fields: { title: 1, text: 1 }, candidates: 10 },
    dense: { vector: drawUnitVector('query', dimensions), candidates: 10 },
  };

  async function fill(): Promise<void> {
    const engine = await openEngine(folder.path);
    await storeDocuments(engine, scope, [
      { documentId: 'a', chunks: ['the lighthouse', 'the sea'], metadata: { year: 1900 } },
    ]);
    await engine.state.put('system', 'settings', 'colour', { name: 'blue' });
    await engine.close();
  }

  it('finds what was stored after it was closed and opened again', async () => {
    await fill();
    const engine = await openEngine(folder.path);
    const { lexical, dense } = await engine.engine.find(scope, query);
    expect(lexical?.hits).toMatchObject([{ documentId: 'a', ordinal: 0 }]);
    expect(dense?.hits).toHaveLength(2);
    expect((await engine.state.get('system', 'settings', 'colour'))?.value).toEqual({ name: 'blue' });
    await engine.close();
  });

  it('leaves one file a tenant and one control file, and no logs beside them', async () => {
    await fill();
    expect(readdirSync(folder.path, { recursive: true }).map(String).sort()).toEqual([
      'control.sqlite',
      'tenants',
      join('tenants', 'tenant-one.sqlite'),
    ]);
  });

  it('refuses an index of other dimensions and says which', async () => {
    await fill();
    await expect(openEngine(folder.path, { embedding: { ...embedding, dimensions: 16 } })).rejects.toThrow(
      new EngineMismatch(
        'Cannot open control.sqlite: the index has 8 dimensions of model test/model, ' +
          'the configuration asks for 16 of test/model',
      ),
    );
  });

  it('refuses an index of another model', async () => {
    await fill();
    await expect(
      openEngine(folder.path, { embedding: { ...embedding, modelId: 'test/other' } }),
    ).rejects.toThrow(EngineMismatch);
  });

  it("refuses a tenant's file that was made for another model", async () => {
    const other = temporaryFolder();
    const engine = await openEngine(other.path, { embedding: { modelId: 'test/other', dimensions } });
    await storeDocuments(engine, scope, [{ documentId: 'a' }]);
    await engine.close();
    rmSync(controlFile(other.path));
    const mixed = await openEngine(other.path);
    await expect(mixed.engine.find(scope, query)).rejects.toThrow(/tenant-one\.sqlite.*test\/other/);
    await mixed.close();
    other.remove();
  });

  it('refuses an index with a newer schema', async () => {
    await fill();
    const control = new Database(controlFile(folder.path), 'write');
    control.execute('PRAGMA user_version = 99');
    control.close();
    await expect(openEngine(folder.path)).rejects.toThrow(
      new EngineMismatch('Cannot open control.sqlite: it has schema version 99, this Braid reads 1'),
    );
  });

  it('refuses a database of another program and leaves it alone', async () => {
    const foreign = new Database(controlFile(folder.path), 'write');
    foreign.execute('CREATE TABLE theirs (a); PRAGMA user_version = 1;');
    foreign.close();
    await expect(openEngine(folder.path)).rejects.toThrow(
      /control\.sqlite: it is a database of another program/,
    );
  });

  it('names the control file when it is damaged', async () => {
    writeFileSync(controlFile(folder.path), 'this is no database, but long enough to look at'.repeat(100));
    await expect(openEngine(folder.path)).rejects.toThrow(EngineUnavailable);
    await expect(openEngine(folder.path)).rejects.toThrow(/it is damaged: not a database/);
  });

  it("names a tenant's file when it is damaged, and serves the other tenants", async () => {
    await fill();
    writeFileSync(
      tenantFile(folder.path, 'two'),
      'this is no database, but long enough to look at'.repeat(100),
    );
    const engine = await openEngine(folder.path);
    await expect(engine.engine.find(scopes.operator('two'), query)).rejects.toThrow(
      /^Cannot read tenant "two": tenants\/tenant-two\.sqlite: it is damaged/,
    );
    await expect(putDocument(engine, scopes.operator('two'), { documentId: 'b' })).rejects.toThrow(
      EngineUnavailable,
    );
    expect((await engine.engine.find(scope, query)).lexical?.hits).toHaveLength(1);
    await engine.close();
  });

  it('says what is wrong with a folder that is a file', async () => {
    const path = join(folder.path, 'file');
    writeFileSync(path, '');
    await expect(openEngine(path)).rejects.toThrow(/^Cannot open the index: .*file: a file is in the way/);
  });

  it('creates no file for a tenant that is only read', async () => {
    const engine = await openEngine(folder.path);
    await engine.engine.find(scope, query);
    await engine.state.remove(scope, 'jobs', 'none');
    expect(await engine.documents.list(scope, { limit: 10, deleted: true })).toEqual({ records: [] });
    expect(readdirSync(join(folder.path, 'tenants'))).toEqual([]);
    await engine.close();
  });

  it('serves nothing of a tenant whose file was deleted, and takes it in anew', async () => {
    const engine = await openEngine(folder.path);
    await storeDocuments(engine, scope, [{ documentId: 'a', chunks: ['lighthouse'] }]);
    expect((await engine.engine.find(scope, query)).lexical?.hits).toHaveLength(1);
    for (const log of ['', '-wal', '-shm'])
      rmSync(`${tenantFile(folder.path, 'one')}${log}`, { force: true });
    expect((await engine.engine.find(scope, query)).lexical?.hits).toEqual([]);
    await storeDocuments(engine, scope, [{ documentId: 'b', chunks: ['lighthouse'] }]);
    expect((await engine.engine.find(scope, query)).lexical?.hits).toMatchObject([{ documentId: 'b' }]);
    await engine.close();
  });

  it('keeps more tenants apart than it keeps files open', async () => {
    const engine = await openEngine(folder.path);
    const tenants = Array.from({ length: 110 }, (_, at) => `tenant-${at}`);
    for (const tenantId of tenants) {
      await storeDocuments(engine, scopes.operator(tenantId), [
        { documentId: tenantId, chunks: ['lighthouse'] },
      ]);
    }
    for (const tenantId of [...tenants, tenants[0]!]) {
      const { lexical } = await engine.engine.find(scopes.operator(tenantId), query);
      expect(lexical?.hits.map((hit) => hit.documentId)).toEqual([tenantId]);
    }
    await engine.close();
  }, 60_000);

  it('remembers the vector of a deleted document, and forgets it when its time has passed', async () => {
    const vectorOf = async (rememberVectorsMs: number) => {
      const engine = await openEngine(folder.path, { rememberVectorsMs });
      // The first write after a tenant was opened forgets what is due.
      await putDocument(engine, scope, { documentId: `other ${rememberVectorsMs}`, chunks: [] });
      const vectors = await engine.documents.vectors(scope, ['known']);
      await engine.close();
      return vectors.get('known');
    };
    const engine = await openEngine(folder.path);
    const vector = drawUnitVector('v', dimensions);
    await putDocument(engine, scope, { documentId: 'a', chunks: [] });
    const stored = await engine.documents.record(scope, 'a');
    const chunk = {
      chunkId: 'a-0',
      documentId: 'a',
      ordinal: 0,
      text: 'x',
      headingPath: [],
      start: 0,
      end: 1,
      tokens: 1,
    };
    await engine.documents.replace(scope, {
      record: stored!.record,
      expected: stored!.revision,
      chunks: { chunks: [{ chunk, fingerprint: 'known', vector }], parents: [] },
    });
    await deleteDocument(engine, scope, 'a');
    expect((await engine.engine.find(scope, query)).dense?.hits).toEqual([]);
    await engine.close();
    expect(await vectorOf(60_000)).toEqual(vector);
    expect(await vectorOf(0)).toBeUndefined();
    checkTenantFile(tenantFile(folder.path, 'one'));
  });

  it('finishes what was asked before it closes, and takes nothing after', async () => {
    const engine = await openEngine(folder.path);
    const write = storeDocuments(engine, scope, [{ documentId: 'a' }]);
    await new Promise((resolve) => setImmediate(resolve));
    await engine.close();
    await write;
    await expect(engine.documents.record(scope, 'a')).rejects.toThrow(
      new EngineUnavailable('Cannot record: the engine is closed'),
    );
    await expect(engine.ready()).rejects.toThrow(EngineUnavailable);
    const again = await openEngine(folder.path);
    expect(await again.documents.record(scope, 'a')).toBeDefined();
    await again.close();
  });

  it('is ready as soon as it is open, in a folder that it creates', async () => {
    const path = join(folder.path, 'new', 'folder');
    const engine = await openEngine(path);
    await engine.ready();
    expect(readdirSync(path)).toContain('control.sqlite');
    mkdirSync(join(path, 'tenants'), { recursive: true });
    await engine.close();
  });
});
