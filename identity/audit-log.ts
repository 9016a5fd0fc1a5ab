import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkTenantId } from '../domain/tenant.ts';

/** Who did what, and in which tenant. Never a query, a text, or a secret. */
export interface AuditEntry {
  /** `key:…`, `token:…`, or `operator` for the local command line. */
  readonly actor: string;
  readonly action: string;
  readonly tenantId?: string;
  /** What was acted on: a key's id, counts. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Writes down administrative acts and refusals, and reads where that is asked for. */
export interface AuditLog {
  readonly includesReads: boolean;
  act(entry: AuditEntry): void;
  /** Reads stand in a file of their tenant, and go with it. */
  read(entry: AuditEntry & { readonly tenantId: string }): void;
  /** Resolves when all that was told is on the disk. */
  flush(): Promise<void>;
  /** Removes the reads of a tenant and returns how many there were. */
  removeReadsOf(tenantId: string): Promise<number>;
}

/**
 * Keeps one JSON object a line in a folder: `acts.jsonl`, and `reads-TENANT.jsonl` where reads are written down. Lines are
 * appended in order; one that cannot be written is told by `onFailure`, and does not stop what it tells of.
 */
export function createAuditLog(options: {
  readonly folder: string;
  readonly reads: boolean;
  readonly onFailure: (error: unknown) => void;
}): AuditLog {
  const { folder, reads, onFailure } = options;
  const waiting = new Map<string, string[]>();
  let written = Promise.resolve();

  const readsFile = (tenantId: string) => `reads-${checkTenantId(tenantId)}.jsonl`;

  const append = (file: string, entry: AuditEntry) => {
    const line = `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`;
    const lines = waiting.get(file);
    if (lines !== undefined) {
      lines.push(line);
      return;
    }
    waiting.set(file, [line]);
    written = written
      .then(async () => {
        const batch = waiting.get(file)!.join('');
        waiting.delete(file);
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await appendFile(join(folder, file), batch, { mode: 0o600 });
      })
      .catch(onFailure);
  };

  return {
    includesReads: reads,
    act: (entry) => append('acts.jsonl', entry),
    read: (entry) => append(readsFile(entry.tenantId), entry),
    flush: () => written,
    async removeReadsOf(tenantId) {
      await written;
      const path = join(folder, readsFile(tenantId));
      const lines = await countLines(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return 0;
        throw error;
      });
      await rm(path, { force: true });
      return lines;
    },
  };
}

/** Piece by piece: the reads of years may be more than memory, or one string, can hold. */
async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
  }
  return lines;
}
