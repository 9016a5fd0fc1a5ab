import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSqliteEngine,
  type SqliteEngine,
  type SqliteEngineOptions,
} from '../../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import type { ContractSubject } from '../contract-subject.ts';

export const dimensions = 8;
export const embedding = { modelId: 'test/model', dimensions };

/** A folder of its own, deleted by `remove`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'braid-sqlite-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function openEngine(
  folder: string,
  options: Partial<SqliteEngineOptions> = {},
): Promise<SqliteEngine & { readonly dimensions: number }> {
  return createSqliteEngine({
    folder,
    embedding,
    readers: 1,
    telemetry: silentTelemetry,
    ...options,
  }).then((engine) => ({ ...engine, dimensions }));
}

/** A fresh, empty embedded engine for the contract suites. */
export async function openSubject(options: Partial<SqliteEngineOptions> = {}): Promise<ContractSubject> {
  const folder = temporaryFolder();
  const subject = await openEngine(folder.path, { readers: 2, ...options });
  return {
    ...subject,
    async close() {
      await subject.close();
      folder.remove();
    },
  };
}
