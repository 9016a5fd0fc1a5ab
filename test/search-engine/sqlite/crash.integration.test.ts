import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { recordVersion } from '../../../domain/document-record.ts';
import type { SqliteEngine } from '../../../search-engine/sqlite/create-sqlite-engine.ts';
import { tenantFile } from '../../../search-engine/sqlite/data-folder.ts';
import { scopes } from '../scopes.ts';
import { checkTenantFile } from './check-tenant-file.ts';
import { openEngine, temporaryFolder } from './sqlite-subject.ts';
import { startWritingProcess } from './start-writing-process.ts';

const scope = scopes.operator('shared');
const timeoutMs = 90_000;

/** The highest version that was acknowledged for each document. */
function acknowledged(lines: readonly string[]): Map<string, bigint> {
  const stored = lines.map((line) => line.split(' ')).filter(([word]) => word === 'stored');
  return new Map(stored.map(([, documentId, version]) => [documentId!, BigInt(version!)]));
}

/** Each acknowledged document is there, in that version or the one that was being written, and whole. */
async function expectWhole(engine: SqliteEngine, wanted: ReadonlyMap<string, bigint>): Promise<void> {
  for (const [documentId, version] of wanted) {
    const stored = await engine.documents.record(scope, documentId);
    expect(stored, documentId).toBeDefined();
    const held = recordVersion(stored!.record);
    expect(held).toBeGreaterThanOrEqual(version);
    const chunks = await engine.documents.chunks(scope, documentId);
    expect(chunks).toHaveLength(stored!.record.chunks);
    expect(chunks.every(({ context }) => context === `version${held}`)).toBe(true);
    const { lexical } = await engine.engine.find(scope, {
      lexical: { text: `version${held}`, fields: { title: 1, text: 1 }, candidates: 100 },
      filter: { equals: { key: 'at', value: Number(held) } },
    });
    const found = lexical?.hits.filter((hit) => hit.documentId === documentId).map((hit) => hit.ordinal);
    expect(found?.sort()).toEqual(chunks.map((chunk) => chunk.ordinal));
  }
}

describe('a process killed while it writes', () => {
  it(
    'loses no acknowledged write and leaves each document whole, eight times in a row',
    async () => {
      const folder = temporaryFolder();
      const wanted = new Map<string, bigint>();
      let writes = 0;
      for (let round = 1; round <= 8; round += 1) {
        const writer = startWritingProcess(folder.path, `round${round}`, 0);
        await writer.said('stored');
        await delay(Math.random() * 150);
        writer.child.kill('SIGKILL');
        for (const [documentId, version] of acknowledged(await writer.ended())) {
          wanted.set(documentId, version);
        }
        writes += writer.lines.length - 1;
        const engine = await openEngine(folder.path);
        await expectWhole(engine, wanted);
        await engine.close();
      }
      expect(writes).toBeGreaterThan(8);
      checkTenantFile(tenantFile(folder.path, 'shared'));
      folder.remove();
    },
    timeoutMs,
  );
});

describe('two processes', () => {
  it(
    'create one index at the same moment and write to it side by side, while a third reads',
    async () => {
      const folder = temporaryFolder();
      const writers = ['left', 'right'].map((name) => startWritingProcess(folder.path, name, 40));
      const engine = await openEngine(folder.path);
      const lines = (await Promise.all(writers.map((writer) => writer.ended()))).flat();
      expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
      const wanted = acknowledged(lines);
      expect(wanted.size).toBe(14);
      await expectWhole(engine, wanted);
      await engine.close();
      checkTenantFile(tenantFile(folder.path, 'shared'));
      folder.remove();
    },
    timeoutMs,
  );

  it(
    'that change the same documents overwrite none of each other unseen',
    async () => {
      const folder = temporaryFolder();
      const writers = [1, 2].map(() => startWritingProcess(folder.path, 'same', 60));
      const lines = (await Promise.all(writers.map((writer) => writer.ended()))).flat();
      const failures = lines.filter((line) => line.startsWith('error'));
      expect(failures.every((line) => line.startsWith('error RevisionConflict'))).toBe(true);
      expect(lines.filter((line) => line.startsWith('stored'))).toHaveLength(120 - failures.length);
      checkTenantFile(tenantFile(folder.path, 'shared'));
      folder.remove();
    },
    timeoutMs,
  );
});

const nobody = 65_534;

describe.skipIf(process.platform === 'win32')('a folder that is read-only', () => {
  it(
    'is refused with one clear message and left as it was',
    async (context) => {
      const folder = temporaryFolder();
      await startWritingProcess(folder.path, 'before', 7).ended();
      const content = () => readdirSync(folder.path, { recursive: true }).map(String).sort();
      const before = content();
      chmodSync(join(folder.path, 'tenants'), 0o555);
      chmodSync(folder.path, 0o555);
      // Root may write everywhere.
      const uid = process.getuid?.() === 0 ? { uid: nobody } : {};
      const lines = await startWritingProcess(folder.path, 'after', 7, uid).ended();
      chmodSync(folder.path, 0o755);
      if (lines.length === 0) context.skip('user nobody cannot read the project here');
      expect(lines).toEqual([
        expect.stringMatching(
          /^error EngineUnavailable Cannot open the index: .*: access to it is not permitted/,
        ),
      ]);
      expect(content()).toEqual(before);
      folder.remove();
    },
    timeoutMs,
  );
});

// Windows has no limit on the size of a file to stand in for a full disk.
describe.skipIf(process.platform === 'win32')('a disk that fills up', () => {
  it(
    'fails the write with one clear message and keeps what was stored',
    async () => {
      const folder = temporaryFolder();
      const writer = startWritingProcess(folder.path, 'full', 200, {
        limits: `trap '' XFSZ; ulimit -f 1200`,
      });
      const lines = await writer.ended();
      const failures = lines.filter((line) => line.startsWith('error'));
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) {
        expect(failure).toMatch(
          /^error EngineUnavailable Cannot write to tenant "shared": tenants\/tenant-shared/,
        );
      }
      const engine = await openEngine(folder.path);
      const wanted = acknowledged(lines);
      expect(wanted.size).toBeGreaterThan(0);
      await expectWhole(engine, wanted);
      await engine.close();
      checkTenantFile(tenantFile(folder.path, 'shared'));
      folder.remove();
    },
    timeoutMs,
  );
});
