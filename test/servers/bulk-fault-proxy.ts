import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy before a real OpenSearch that spoils its bulks. */
export interface BulkFaultProxy {
  readonly url: string;
  readonly counts: {
    bulks: number;
    items: number;
    busyItems: number;
    conflicts: number;
    unavailable: number;
    dropped: number;
  };
  /** How often each item was answered with what is refused for good, by its id. */
  readonly rejections: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

interface Item {
  readonly action: string;
  readonly index: string;
  readonly id: string;
  readonly lines: string;
}

type Fault = { readonly status: number; readonly type: string; readonly reason: string };

const busy: Fault = { status: 429, type: 'rejected_execution_exception', reason: 'queue is full' };
const conflict: Fault = { status: 409, type: 'version_conflict_engine_exception', reason: 'another writer' };
const unmappable: Fault = { status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse' };

/**
 * Of bulks 2 % are answered with 503 and 1 % carried out and then cut off; of items 30 % are busy, 5 % of the writes of
 * records conflict, and every chunk of a document that `isRejected` names is refused for good.
 */
export async function startBulkFaultProxy(
  target: string,
  isRejected: (documentId: string) => boolean,
  random: () => number,
): Promise<BulkFaultProxy> {
  const counts = { bulks: 0, items: 0, busyItems: 0, conflicts: 0, unavailable: 0, dropped: 0 };
  const rejections = new Map<string, number>();

  const faultOf = (item: Item): Fault | undefined => {
    counts.items += 1;
    const documentId = /"documentId":"([^"]*)"/.exec(item.lines)?.[1];
    const isChunk = item.action === 'index' && item.index.includes('chunks');
    if (isChunk && documentId !== undefined && isRejected(documentId)) return unmappable;
    if (random() < 0.3) {
      counts.busyItems += 1;
      return busy;
    }
    if (item.index.includes('documents') && random() < 0.05) {
      counts.conflicts += 1;
      return conflict;
    }
    return undefined;
  };

  const bulk = async (incoming: IncomingMessage, body: string, reply: ServerResponse): Promise<void> => {
    counts.bulks += 1;
    const fate = random();
    if (fate < 0.02) {
      counts.unavailable += 1;
      reply.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"no master","status":503}');
      return;
    }
    const items = readItems(body);
    const faults = items.map(faultOf);
    const passed = items.filter((_, at) => faults[at] === undefined);
    const answers = passed.length === 0 ? [] : await carryOut(target, incoming, passed);
    if (fate < 0.03) {
      counts.dropped += 1;
      incoming.socket.destroy();
      return;
    }
    const merged = items.map((item, at) => {
      const fault = faults[at];
      if (fault === undefined) return answers.shift();
      if (fault === unmappable) rejections.set(item.id, (rejections.get(item.id) ?? 0) + 1);
      const { status, ...error } = fault;
      return { [item.action]: { status, error } };
    });
    const text = JSON.stringify({ errors: JSON.stringify(merged).includes('"error"'), items: merged });
    reply.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };

  const server = createServer((incoming, reply) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const isBulk = incoming.url?.startsWith('/_bulk') === true;
      const work = isBulk ? bulk(incoming, body, reply) : pass(target, incoming, body, reply);
      work.catch(() => incoming.socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    rejections,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function readItems(body: string): Item[] {
  const lines = body.trimEnd().split('\n');
  const items: Item[] = [];
  for (let at = 0; at < lines.length; ) {
    const header = lines[at]!;
    const [action, { _index: index, _id: id }] = Object.entries(
      JSON.parse(header) as Record<string, { _index: string; _id: string }>,
    )[0]!;
    const length = action === 'delete' ? 1 : 2;
    items.push({ action, index, id, lines: `${lines.slice(at, at + length).join('\n')}\n` });
    at += length;
  }
  return items;
}

async function carryOut(
  target: string,
  incoming: IncomingMessage,
  items: readonly Item[],
): Promise<unknown[]> {
  const reply = await forward(target, incoming, items.map(({ lines }) => lines).join(''));
  return ((await reply.json()) as { readonly items: unknown[] }).items;
}

function forward(target: string, incoming: IncomingMessage, body: string): Promise<Response> {
  const method = incoming.method ?? 'GET';
  return fetch(`${target}${incoming.url}`, {
    method,
    headers: { 'content-type': incoming.headers['content-type'] ?? 'application/json' },
    ...(body !== '' && { body }),
  });
}

async function pass(target: string, incoming: IncomingMessage, body: string, reply: ServerResponse) {
  const answer = await forward(target, incoming, body);
  const text = await answer.text();
  reply
    .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    .end(text);
}
