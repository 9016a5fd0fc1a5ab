import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { getLoadablePath } from 'sqlite-vec';
import { EngineUnavailable } from '../../domain/errors.ts';

// Statements differ in their SQL only where filters differ in shape.
const maxStatements = 200;

/** One connection to one file, with its statements prepared once. Everything is synchronous: what takes long belongs in a worker thread. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #tupleStatements = new Map<string, StatementSync>();
  #pageBytes: number | undefined;

  /**
   * @param access `read` never changes the file; `write` creates it where it is missing
   * @param busyTimeoutMs how long another's lock is waited for
   */
  constructor(path: string, access: 'read' | 'write', busyTimeoutMs = 10_000) {
    this.#connection = new DatabaseSync(path, {
      readOnly: access === 'read',
      allowExtension: true,
      timeout: busyTimeoutMs,
    });
    try {
      this.#connection.loadExtension(getLoadablePath());
    } catch (error) {
      this.#connection.close();
      throw new EngineUnavailable('Cannot load sqlite-vec for this platform', { cause: error });
    }
    this.#connection.enableLoadExtension(false);
  }

  execute(sql: string): void {
    this.#connection.exec(sql);
  }

  rows<Row>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...parameters) as Row[];
  }

  /** As `rows`, each row an array of its columns: a third of the time of objects, which shows where rows are many. */
  tuples<Row extends readonly unknown[]>(sql: string, ...parameters: SQLInputValue[]): Row[] {
    const statement = this.#prepared(this.#tupleStatements, sql, (prepared) =>
      prepared.setReturnArrays(true),
    );
    return statement.all(...parameters) as unknown[] as Row[];
  }

  row<Row>(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...parameters) as Row | undefined;
  }

  /** Rows one by one; end the loop early to read no more of them. */
  iterate<Row>(sql: string, ...parameters: SQLInputValue[]): IterableIterator<Row> {
    return this.#statement(sql).iterate(...parameters) as IterableIterator<Row>;
  }

  /** @returns how many rows changed, and the id of the last one inserted */
  run(sql: string, ...parameters: SQLInputValue[]): { readonly changes: number; readonly inserted: number } {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...parameters);
    return { changes: Number(changes), inserted: Number(lastInsertRowid) };
  }

  /** How large the database is at its last commit, whether that stands in the file yet or in the log beside it. */
  bytes(): number {
    this.#pageBytes ??= this.row<{ page_size: number }>('PRAGMA page_size')!.page_size;
    return this.row<{ page_count: number }>('PRAGMA page_count')!.page_count * this.#pageBytes;
  }

  /** Runs the reads of one question on one state of the file. */
  snapshot<Result>(read: () => Result): Result {
    return this.#between('BEGIN', read);
  }

  /** Runs one change wholly or not at all; nobody else writes from its first read on. It may be part of another. */
  transaction<Result>(change: () => Result): Result {
    return this.isInTransaction ? this.#within(change) : this.#between('BEGIN IMMEDIATE', change);
  }

  get isInTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#tupleStatements.clear();
    this.#connection.close();
  }

  #between<Result>(begin: string, run: () => Result): Result {
    this.execute(begin);
    try {
      const result = run();
      this.execute('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full or failed.
      if (this.#connection.isTransaction) this.execute('ROLLBACK');
      throw error;
    }
  }

  #within<Result>(change: () => Result): Result {
    this.execute('SAVEPOINT part');
    try {
      const result = change();
      this.execute('RELEASE part');
      return result;
    } catch (error) {
      if (this.isInTransaction) this.execute('ROLLBACK TO part; RELEASE part');
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    return this.#prepared(this.#statements, sql);
  }

  #prepared(
    statements: Map<string, StatementSync>,
    sql: string,
    prepare?: (statement: StatementSync) => void,
  ): StatementSync {
    const prepared = statements.get(sql);
    if (prepared !== undefined) return prepared;
    const statement = this.#connection.prepare(sql);
    prepare?.(statement);
    if (statements.size >= maxStatements) {
      for (const oldest of statements.keys()) {
        statements.delete(oldest);
        break;
      }
    }
    statements.set(sql, statement);
    return statement;
  }
}
