import type { PostgresServer } from '../servers/postgres.ts';

/** Rows of the table before anything changes. */
export interface Workload {
  readonly rows: number;
  /** Connections that change rows at the same time. */
  readonly connections: number;
  /** Transactions of each connection in one round; rounds follow each other for as long as the capture lasts. */
  readonly transactions: number;
  readonly seed: number;
}

/** Every how many rows one has a text above 8 kB that does not compress, stored out of line. */
const largeEvery = 20;

/** Makes the table; its large texts are not sent again with changes of other columns. */
export async function createTable(postgres: PostgresServer, { rows }: Workload): Promise<void> {
  await postgres.run(`
    create table articles (id bigint primary key, title text, body text, views bigint, price numeric(20, 3));
    create function noise(seed text, parts int) returns text language sql immutable as
      $$ select string_agg(md5(seed || part), '') from generate_series(1, parts) part $$;
    insert into articles
      select row, 'title ' || row,
        case when row % ${largeEvery} = 0 then noise('large' || row, 280) else 'body of row ' || row end,
        9007199254740993 + row, row / 8.0
      from generate_series(1, ${rows}) row;`);
}

/** Changes rows at random over one connection, with transactions of one to four statements; no key of a large row. */
export function randomChanges(workload: Workload, connection: number, round: number): string {
  const random = randomNumbers(workload.seed + connection * 7_919 + round * 104_729);
  const below = (limit: number): number => Math.floor(random() * limit);
  const lines = ['set client_min_messages = error;'];
  let fresh = 1_000_000 * (connection + 1) + round * 10_000;
  for (let transaction = 0; transaction < workload.transactions; transaction += 1) {
    // Rows in rising order, so that connections never wait for each other in a ring.
    const rows = Array.from({ length: 1 + below(4) }, () => 1 + below(workload.rows)).toSorted(
      (a, b) => a - b,
    );
    lines.push('begin;');
    for (const row of new Set(rows)) {
      const mark = `${connection}-${round}-${transaction}`;
      const isLarge = row % largeEvery === 0;
      switch (below(8)) {
        case 0:
          lines.push(`delete from articles where id = ${row};`);
          break;
        case 1:
          fresh += 1;
          lines.push(`insert into articles values (${fresh}, 'new ${mark}', 'new body ${mark}', 1, 0.125);`);
          break;
        case 2:
          // A changed key sends no text that is stored out of line.
          if (!isLarge) {
            fresh += 1;
            lines.push(`update articles set id = ${fresh} where id = ${row};`);
          }
          break;
        case 3:
          lines.push(
            `insert into articles values (${row}, 'again', 'again ${mark}', 2, 1) on conflict (id) do update set body = ${isLarge ? `noise('${mark}', 280)` : `'conflict ${mark}'`};`,
          );
          break;
        case 4:
          lines.push(
            `update articles set body = ${isLarge ? `noise('${mark}', 300)` : `'changed ${mark}'`} where id = ${row};`,
          );
          break;
        default:
          // The large text is not touched, and comes as unavailable.
          lines.push(
            `update articles set title = 'title ${mark}', views = views + 1, price = price + 0.001 where id = ${row};`,
          );
      }
    }
    lines.push(below(10) === 0 ? 'rollback;' : 'commit;', 'do $$ begin perform pg_sleep(0.03); end $$;');
  }
  return lines.join('\n');
}

/** Mulberry32: the same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
