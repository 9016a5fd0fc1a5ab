import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Invocation } from '../domain/invocation.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ObjectStore } from './object-store.ts';
import { removePrefix } from './remove-prefix.ts';

export interface InvocationLogOptions {
  /** Writes what was sent and what came back, too. */
  readonly bodies: boolean;
  /** An object is written when a tenant's lines have this many bytes, before they are packed. */
  readonly maxBytes: number;
  /** Or when the oldest of them has waited so long. */
  readonly maxSeconds: number;
  /** Takes out of each text of a body what must not be written down. @default nothing */
  readonly mask?: (text: string) => string;
  /** False where lines of a tenant are to be dropped: it was deleted since. @default always true */
  readonly isKept?: (tenantId: string, since: Date) => Promise<boolean>;
}

/** Writes calls of models down, a tenant's own objects each, which go with it. */
export interface InvocationLog {
  /** Takes a line; it is in the store after at most `maxSeconds`. */
  record(invocation: Invocation): void;
  /** Resolves when all that was taken is in the store, or could not be written. */
  flush(): Promise<void>;
  /** Removes what was written of a tenant, and what waits; returns how many objects. @throws {ObjectStoreFailure} */
  removeTenant(tenantId: string): Promise<number>;
  close(): Promise<void>;
}

/** What waits of one tenant. */
interface Waiting {
  lines: string[];
  bytes: number;
  readonly since: Date;
}

/** Lines that wait because the store is away; what comes beyond is dropped and counted. */
const maxWaitingBytes = 64 * 1024 * 1024;
const retrySeconds = 5;
/** Calls that name no tenant are Braid's own; no tenant has this name. */
const ownName = 'own!';
const packed = promisify(gzip);

/**
 * Keeps `invocations/TENANT/YYYY/MM/DD/TIME-ID.jsonl.gz`: one JSON object a line, each object of the store written once
 * and whole. What has not been written yet is in memory alone: a process that is killed loses at most the lines of its
 * last `maxSeconds`, or `maxBytes` of each tenant; one that ends as it should loses none.
 */
export function createInvocationLog(
  store: ObjectStore,
  telemetry: Telemetry,
  options: InvocationLogOptions,
): InvocationLog {
  const { maxBytes, maxSeconds, mask = (text) => text, isKept = async () => true } = options;
  const tenants = new Map<string, Waiting>();
  let waitingBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const writer = randomUUID().slice(0, 8);
  let written = 0;
  /** Until the next try, and not for each line that comes meanwhile, all is packed and sent again. */
  let isAway = false;

  /** A body that cannot be masked is not written down, and never fails the call that it tells of. */
  const lineOf = (invocation: Invocation): string | undefined => {
    try {
      return `${JSON.stringify(shown(invocation, options.bodies, mask))}\n`;
    } catch (error) {
      telemetry.log.error({ error }, 'cannot write a call of a model down');
      telemetry.count('dropped_invocations');
      return undefined;
    }
  };
  const write = async (name: string, { lines, bytes, since }: Waiting) => {
    try {
      if (await isKept(name, since)) {
        written += 1;
        await store.put(keyOf(name, since, `${writer}-${written}`), await packed(lines.join('')), {
          mediaType: 'application/gzip',
        });
      }
      waitingBytes -= bytes;
      isAway = false;
    } catch (error) {
      telemetry.log.error({ error, lines: lines.length }, 'cannot write the invocation log, trying again');
      // Before what has come meanwhile, so that lines stay in order.
      const later = tenants.get(name);
      tenants.set(name, {
        lines: [...lines, ...(later?.lines ?? [])],
        bytes: bytes + (later?.bytes ?? 0),
        since,
      });
      isAway = true;
      clearTimeout(timer);
      timer = setTimeout(flushDue, retrySeconds * 1000).unref();
    }
  };
  const take = (name: string) => {
    const waiting = tenants.get(name);
    if (waiting === undefined) return;
    tenants.delete(name);
    writing = writing.then(() => write(name, waiting));
  };
  let timer: NodeJS.Timeout | undefined;
  const flushDue = () => {
    timer = undefined;
    for (const name of [...tenants.keys()]) take(name);
  };
  const flush = async () => {
    clearTimeout(timer);
    flushDue();
    await writing;
  };

  return {
    record(invocation) {
      const name = invocation.tenantId ?? ownName;
      const line = lineOf(invocation);
      if (line === undefined) return;
      const bytes = Buffer.byteLength(line);
      if (waitingBytes + bytes > maxWaitingBytes) {
        telemetry.count('dropped_invocations');
        return;
      }
      const waiting = tenants.get(name) ?? { lines: [], bytes: 0, since: new Date() };
      tenants.set(name, waiting);
      waiting.lines.push(line);
      waiting.bytes += bytes;
      waitingBytes += bytes;
      if (waiting.bytes >= maxBytes && !isAway) take(name);
      else timer ??= setTimeout(flushDue, maxSeconds * 1000).unref();
    },
    flush,
    async removeTenant(tenantId) {
      waitingBytes -= tenants.get(tenantId)?.bytes ?? 0;
      tenants.delete(tenantId);
      await writing;
      return removePrefix(store, `invocations/${tenantId}/`);
    },
    async close() {
      await flush();
      clearTimeout(timer);
      const lost = [...tenants.values()].reduce((sum, { lines }) => sum + lines.length, 0);
      if (lost > 0) telemetry.log.error({ lines: lost }, 'lines of the invocation log are lost');
    },
  };
}

function keyOf(name: string, since: Date, unique: string): string {
  const [day = '', time = ''] = since.toISOString().split('T');
  return `invocations/${name}/${day.replaceAll('-', '/')}/${time.replaceAll(/[:.]/g, '')}-${unique}.jsonl.gz`;
}

function shown({ bodies, ...rest }: Invocation, withBodies: boolean, mask: (text: string) => string): object {
  return withBodies && bodies !== undefined ? { ...rest, bodies: masked(bodies, mask) } : rest;
}

/** Each text in a value, however deep, masked. */
function masked(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, mask)]));
}
