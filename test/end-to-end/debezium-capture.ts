import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startDebezium } from '../servers/debezium/debezium-engine.ts';
import type { PostgresServer } from '../servers/postgres.ts';
import { createTable, randomChanges, type Workload } from './debezium-workload.ts';

const marker = 999_999_999;

/** Runs the workload with Debezium beside it, and returns the table at its end: id to digest. */
export async function capture(
  server: PostgresServer,
  workload: Workload,
  folder: string,
  file: string,
): Promise<Map<string, string>> {
  await createTable(server, workload);
  const settings = {
    name: 'braid',
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'offset.storage': 'org.apache.kafka.connect.storage.FileOffsetBackingStore',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': '1500',
    'database.hostname': '127.0.0.1',
    'database.port': String(server.port),
    'database.user': server.user,
    'database.password': 'none',
    'database.dbname': server.database,
    'topic.prefix': 'shop',
    'plugin.name': 'pgoutput',
    'table.include.list': 'public.articles',
    'publication.autocreate.mode': 'filtered',
    'heartbeat.interval.ms': '1000',
    'lines.file': file,
  };
  const schemaless = {
    ...settings,
    'key.converter.schemas.enable': 'false',
    'value.converter.schemas.enable': 'false',
  };
  let isOver = false;
  const work = Promise.all(
    Array.from({ length: workload.connections }, async (_, connection) => {
      for (let round = 0; !isOver; round += 1) await server.run(randomChanges(workload, connection, round));
    }),
  );
  await wait(500);
  let engine = await startDebezium(folder, schemaless);
  // The snapshot, and some changes.
  await grows(file, workload.rows + 2_000);
  await engine.kill();
  print('Debezium killed after lines', (await linesIn(file)).length);
  engine = await startDebezium(folder, { ...schemaless, 'provide.transaction.metadata': 'true' });
  const before = (await linesIn(file)).length;
  await grows(file, before + 3_000);
  await engine.kill();
  print('Debezium killed again after lines', (await linesIn(file)).length);
  isOver = true;
  await work;
  engine = await startDebezium(folder, settings);
  // With whole rows sent, a key may change where the text is stored out of line.
  await server.run(`
    alter table articles replica identity full;
    update articles set id = id + 90000000 where id <= 2000 and id % 50 = 0;
    update articles set title = 'whole' where id % 100 = 0 and id < 1000000;
    insert into articles values (${marker}, 'end', 'end', 0, 0);`);
  await contains(file, `"id":${marker},`);
  await engine.kill();
  const table = await server.run(
    `select json_build_object('id', id::text, 'body', body, 'title', title, 'views', views::text, 'price', price::text) from articles`,
  );
  return new Map(
    table
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const row = JSON.parse(line);
        return [row.id, digest(sha256(row.body), row.title, row.views, Number(row.price))];
      }),
  );
}

/** What of a row is compared. */
export function digest(contentHash: string, title: string, views: string, price: number): string {
  return JSON.stringify([contentHash.slice(0, 16), title, views, price]);
}

/** The lines that have been written until now. */
export async function linesIn(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function grows(file: string, count: number): Promise<void> {
  for (let attempt = 0; (await linesIn(file)).length <= count; attempt += 1) {
    if (attempt > 1_800) throw new Error('Debezium has not written enough in three minutes');
    await wait(100);
  }
}

async function contains(file: string, text: string): Promise<void> {
  for (let attempt = 0; !(await readFile(file, 'utf8')).includes(text); attempt += 1) {
    if (attempt > 240) throw new Error('Debezium has not caught up in two minutes');
    await wait(500);
  }
}

/** One line of the account. */
export function print(name: string, value: unknown): void {
  console.log(`${name}: ${value}`);
}
