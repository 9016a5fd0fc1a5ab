import { setTimeout as wait } from 'node:timers/promises';
import { BraidError, TenantDeleting } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import { checkTenantId } from '../domain/tenant.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { ApiKeys } from './api-keys.ts';
import type { AuditLog } from './audit-log.ts';

/** What a deletion has removed up to now, over all its runs. */
export interface TenantDeletion {
  readonly tenantId: string;
  readonly state: 'running' | 'done';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly removed: {
    readonly documents: number;
    readonly chunks: number;
    readonly vectors: number;
    /** Jobs, positions, dead letters and the like, by collection. */
    readonly state: Readonly<Record<string, number>>;
    readonly keys: number;
    readonly auditedReads: number;
    /** Objects of the invocation log. */
    readonly invocationLogs: number;
    /** Dead letters of its events in the tenants whose feeds took events of every tenant. */
    readonly foreignLetters: number;
  };
}

/** Deletes tenants as a whole, and keeps writers out meanwhile. */
export interface TenantDeletions {
  /**
   * Removes everything of a tenant, and goes on with what an earlier run that was interrupted has left.
   * @returns the account, with a last pass that found nothing
   */
  delete(tenantId: string): Promise<TenantDeletion>;
  /** Deletions that were begun and have not ended, by tenant. */
  unfinished(): Promise<string[]>;
  /**
   * Tells one life of a tenant from the next: a deletion ends it, and nothing that was begun in it may be written later.
   * @throws {TenantDeleting} while the tenant is being deleted, in this process or another
   */
  lifeOf(tenantId: string): Promise<string>;
  /**
   * @param life in which the write was begun. @default any
   * @throws {TenantDeleting} while the tenant is being deleted, and in another life
   */
  requireWritable(tenantId: string, life?: string): Promise<void>;
  /** True where what was written down of a tenant at that time must not be kept any more. */
  wasDeletedSince(tenantId: string, since: Date): Promise<boolean>;
}

const collection = 'tenant-deletions';
const pageSize = 500;

/** A tenant that was not being deleted is not asked for again for so long. */
const cacheMs = 250;
/** Before the first pass, so that no writer relies on an answer from before, and its write has landed. */
const settleMs = 1_000;
const maxCached = 10_000;

/** Makes deletions over the ports that hold a tenant's things. */
export function createTenantDeletions(ports: {
  readonly documents: DocumentStore;
  readonly state: StateStore;
  readonly keys: ApiKeys;
  readonly audit: AuditLog;
  /** Removes what was written down of a tenant's model calls and returns how many objects. @default there are none */
  readonly invocations?: { removeTenant(tenantId: string): Promise<number> };
  /** Removes dead letters that other tenants keep of this one's events, and returns how many. @default there are none */
  readonly letters?: { removeNaming(tenantId: string): Promise<number> };
  readonly scopeOf: (tenantId: string) => Scope;
}): TenantDeletions {
  const { state } = ports;
  const lives = new Map<string, { readonly life: string; readonly until: number }>();

  const read = async (tenantId: string): Promise<TenantDeletion | undefined> =>
    (await state.get('system', collection, tenantId))?.value as TenantDeletion | undefined;

  const lifeOf = async (tenantId: string): Promise<string> => {
    const held = lives.get(tenantId);
    if (held !== undefined && held.until > performance.now()) return held.life;
    const asked = performance.now();
    const deletion = await read(tenantId);
    if (deletion?.state === 'running') {
      throw new TenantDeleting('Cannot write to the tenant: it is being deleted');
    }
    // Not the time by any clock of this machine: the moment, as the deletion wrote it down, is a name.
    const life = deletion?.finishedAt ?? 'first';
    if (lives.size >= maxCached) lives.clear();
    lives.set(tenantId, { life, until: asked + cacheMs });
    return life;
  };

  return {
    async delete(tenantId) {
      const earlier = await read(checkTenantId(tenantId));
      let deletion: TenantDeletion =
        earlier?.state === 'running'
          ? earlier
          : { tenantId, state: 'running', startedAt: now(), removed: nothingRemoved };
      const save = () => state.put('system', collection, tenantId, deletion);
      await save();
      lives.delete(tenantId);
      ports.audit.act({ actor: 'operator', action: 'tenant deletion begins', tenantId });
      for (;;) {
        await wait(settleMs);
        const pass = await removeOnce(ports, tenantId);
        deletion = { ...deletion, removed: sum(deletion.removed, pass) };
        await save();
        if (isNothing(pass)) break;
      }
      deletion = { ...deletion, state: 'done', finishedAt: now() };
      await save();
      ports.audit.act({
        actor: 'operator',
        action: 'tenant deletion ends',
        tenantId,
        detail: deletion.removed,
      });
      await ports.audit.flush();
      return deletion;
    },

    async unfinished() {
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await state.list('system', collection, {
          limit: pageSize,
          ...(after !== undefined && { after }),
        });
        const running = page.filter(({ value }) => (value as TenantDeletion).state === 'running');
        found.push(...running.map(({ key }) => key));
        if (page.length < pageSize) return found;
        after = page.at(-1)!.key;
      }
    },

    async wasDeletedSince(tenantId, since) {
      const deletion = await read(tenantId);
      if (deletion === undefined) return false;
      return deletion.state === 'running' || (deletion.finishedAt ?? '') >= since.toISOString();
    },

    lifeOf,

    async requireWritable(tenantId, life) {
      const now = await lifeOf(tenantId);
      if (life !== undefined && life !== now) {
        throw new TenantDeleting('Cannot write to the tenant: it was deleted since the write was begun');
      }
    },
  };
}

type Removed = TenantDeletion['removed'];

const nothingRemoved: Removed = {
  documents: 0,
  chunks: 0,
  vectors: 0,
  state: {},
  keys: 0,
  auditedReads: 0,
  invocationLogs: 0,
  foreignLetters: 0,
};

/** State before documents: with the embedded engine it goes with their file. Keys first, so that nobody comes in. */
async function removeOnce(
  ports: Parameters<typeof createTenantDeletions>[0],
  tenantId: string,
): Promise<Removed> {
  const scope = ports.scopeOf(tenantId);
  if (ports.state.removeTenant === undefined || ports.documents.removeTenant === undefined) {
    throw new BraidError('engine_mismatch', 'Cannot delete a tenant: the engine cannot remove one');
  }
  const keys = await ports.keys.removeOf(tenantId);
  const state = await ports.state.removeTenant(scope);
  const documents = await ports.documents.removeTenant(scope);
  const auditedReads = await ports.audit.removeReadsOf(tenantId);
  const invocationLogs = (await ports.invocations?.removeTenant(tenantId)) ?? 0;
  const foreignLetters = (await ports.letters?.removeNaming(tenantId)) ?? 0;
  return { ...documents, state, keys, auditedReads, invocationLogs, foreignLetters };
}

function sum(left: Removed, right: Removed): Removed {
  const state: Record<string, number> = { ...left.state };
  for (const [name, count] of Object.entries(right.state)) state[name] = (state[name] ?? 0) + count;
  return {
    documents: left.documents + right.documents,
    chunks: left.chunks + right.chunks,
    vectors: left.vectors + right.vectors,
    state,
    keys: left.keys + right.keys,
    auditedReads: left.auditedReads + right.auditedReads,
    // A deletion that was begun before these were counted does not have the counts.
    invocationLogs: (left.invocationLogs ?? 0) + right.invocationLogs,
    foreignLetters: (left.foreignLetters ?? 0) + right.foreignLetters,
  };
}

/** Who holds a token of the issuer may go on asking: that such reads are written down must not keep a deletion from its end. */
function isNothing({ state, auditedReads: _, ...counts }: Removed): boolean {
  return [...Object.values(counts), ...Object.values(state)].every((count) => count === 0);
}

function now(): string {
  return new Date().toISOString();
}
