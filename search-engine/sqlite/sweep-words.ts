import type { Database } from './database.ts';

// FTS5 marks deleted words and drops them when it merges, which may be never in a tenant that is no longer written to.
// (Its option `secure-delete` drops them at once, but makes a rewrite of a document six times slower.) The setting
// `deleted_words` says how far a sweep has come: `waiting` to start, `sweeping`, or sweeping while there is more for `again`.

// Takes of the order of 100 ms: writes of all tenants wait for it.
const pagesAtOnce = 500;

/** Asks for a sweep, within the transaction that deletes words. */
export function noteDeletedWords(database: Database): void {
  database.run(
    `INSERT INTO settings (name, value) VALUES ('deleted_words', 'waiting')
     ON CONFLICT (name) DO UPDATE SET value = 'again' WHERE value = 'sweeping'`,
  );
}

/**
 * Takes the words of deleted chunks out of the search index, a part at a time.
 * @returns true when nothing is left to do
 */
export function sweepWords(database: Database): boolean {
  return database.transaction(() => {
    const stage = database.row<{ value: string }>(
      `SELECT value FROM settings WHERE name = 'deleted_words'`,
    )?.value;
    if (stage === undefined) return true;
    const before = countChanges(database);
    // A negative number starts to merge everything into one; a positive one goes on with it.
    const pages = stage === 'waiting' ? -pagesAtOnce : pagesAtOnce;
    database.run(`INSERT INTO lexical (lexical, rank) VALUES ('merge', ?)`, pages);
    // Documented by FTS5: fewer than two changes mean that there was nothing to merge.
    const isDone = countChanges(database) - before < 2;
    if (isDone && stage !== 'again') database.run(`DELETE FROM settings WHERE name = 'deleted_words'`);
    else setStage(database, isDone ? 'waiting' : stage === 'again' ? stage : 'sweeping');
    return isDone;
  });
}

function setStage(database: Database, stage: string): void {
  database.run(`UPDATE settings SET value = ? WHERE name = 'deleted_words'`, stage);
}

function countChanges(database: Database): number {
  return database.row<{ total: number }>('SELECT total_changes() AS total')!.total;
}
