import { join } from 'node:path';
import type { Database } from '../../../search-engine/sqlite/database.ts';
import { openForWriting } from '../../../search-engine/sqlite/open-file.ts';
import { packWrite } from '../../../search-engine/sqlite/packed-write.ts';
import { findRecord } from '../../../search-engine/sqlite/read-documents.ts';
import { replace } from '../../../search-engine/sqlite/replace.ts';
import { selectionSchema } from '../../../search-engine/sqlite/schema.ts';
import { buildWrite, type DocumentSketch } from '../document-builder.ts';
import { dimensions, embedding, temporaryFolder } from './sqlite-subject.ts';

/** A tenant's file in the test's own thread, written to and read through one connection. */
export interface TenantDatabase {
  readonly database: Database;
  readonly path: string;
  put(sketch: DocumentSketch): void;
  /** Closes the file, so that it can be looked at; `remove` deletes it. */
  close(): void;
  remove(): void;
}

export function openTenantDatabase(): TenantDatabase {
  const folder = temporaryFolder();
  const path = join(folder.path, 'tenant.sqlite');
  const database = openForWriting(path, 'tenant', embedding);
  database.execute(selectionSchema);
  return {
    database,
    path,
    put(sketch) {
      const stored = findRecord(database, sketch.documentId);
      replace(database, packWrite(buildWrite('tenant', sketch, dimensions, stored?.revision), dimensions));
    },
    close: () => database.close(),
    remove: () => folder.remove(),
  };
}
