import { DatabaseSync } from 'node:sqlite';

/** Texts by key for the time of one run, however many: what is more than a few megabytes is on the disk. */
export interface ScratchTexts {
  get(key: string): string | undefined;
  set(key: string, text: string): void;
  close(): void;
}

/** The file has no name and goes with the process, however that ends. */
export function createScratchTexts(): ScratchTexts {
  // SQLite's own temporary database: a private file, written only where the cache is full.
  const database = new DatabaseSync('');
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000');
  database.exec('CREATE TABLE texts (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID');
  const read = database.prepare('SELECT text FROM texts WHERE key = ?');
  const write = database.prepare('INSERT OR REPLACE INTO texts (key, text) VALUES (?, ?)');
  return {
    get: (key) => read.get(key)?.text as string | undefined,
    set: (key, text) => {
      write.run(key, text);
    },
    close: () => database.close(),
  };
}
