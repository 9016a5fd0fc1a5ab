import { createHash, randomBytes } from 'node:crypto';
import { NotFound, RevisionConflict, TenantDeleting } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import type { SearchEngine } from '../search-engine/search-engine.ts';
import type { StateStore } from '../search-engine/state-store.ts';

/** One question and its answer. What the answer rested on is kept by reference, never its text. */
export interface Turn {
  /** As asked, after the guardrail. */
  readonly question: string;
  /** Absent where the answer was not shown. */
  readonly answered?: {
    /** The question as it was searched for. */
    readonly standAlone: string;
    readonly answer: string;
    /** Every chunk whose text the answer could carry, that of earlier turns included. */
    readonly restedOn: readonly Evidence[];
  };
}

export interface Evidence {
  readonly chunkId: string;
  readonly documentId: string;
  readonly contentHash: string;
}

/** Conversations, each of one tenant and one principal. */
export interface Sessions {
  /**
   * The turns of a session, oldest first, as far as their tokens go. Of a turn that rested on something that has
   * gone, has changed or may no longer be read, the question alone.
   * @throws {NotFound} for a session that does not exist, has expired, or is somebody else's: all alike
   */
  read(scope: Scope, sessionId: string, signal?: AbortSignal): Promise<readonly Turn[]>;

  /**
   * Adds a turn; without one the session is begun or its time is renewed.
   * @param sessionId undefined for a new session
   * @param life of the tenant in which the turn was begun. @default any
   * @returns the session's id
   * @throws {NotFound} where the session has gone meanwhile
   * @throws {TenantDeleting} where the tenant has
   */
  add(scope: Scope, sessionId: string | undefined, turn?: Turn, life?: string): Promise<string>;

  /** Names the life of the scope's tenant, which a deletion ends. @throws {TenantDeleting} */
  lifeOf(scope: Scope): Promise<string | undefined>;

  /** Removes what has expired, of all tenants. @throws {AggregateError} of what could not be removed, after the rest was */
  sweep(): Promise<number>;
}

export interface SessionSettings {
  /** After its last turn. */
  readonly expireMinutes: number;
  /** Of all turns that a follow-up is understood by. */
  readonly maxHistoryTokens: number;
}

interface StoredSession {
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly turns: readonly Turn[];
}

const collection = 'sessions';
/** 128 random bits. */
const sessionIdForm = /^[A-Za-z0-9_-]{22}$/;
const maxTurns = 20;
const maxTries = 5;
const sweepPage = 500;

/** Keeps sessions in the state store, so that a tenant's go with the tenant. */
export function createSessions(
  ports: {
    readonly state: StateStore;
    readonly engine: Pick<SearchEngine, 'fetch'>;
    readonly countTokens: (text: string) => number;
    readonly scopeOf: (tenantId: string) => Scope;
    /** @default tenants are not deleted */
    readonly lifeOf?: (tenantId: string) => Promise<string>;
  },
  settings: SessionSettings,
  now: () => number = Date.now,
): Sessions {
  const { state, engine, countTokens } = ports;

  const open = async (scope: Scope, sessionId: string) => {
    const entry = sessionIdForm.test(sessionId) ? await state.get(scope, collection, sessionId) : undefined;
    const session = entry?.value as StoredSession | undefined;
    if (
      entry === undefined ||
      session === undefined ||
      session.owner !== ownerOf(scope) ||
      session.expiresAt <= now()
    ) {
      throw new NotFound(`There is no session ${JSON.stringify(sessionId)}`);
    }
    return { session, revision: entry.revision };
  };

  return {
    async read(scope, sessionId, signal) {
      const { session } = await open(scope, sessionId);
      const turns = bounded(session.turns, settings.maxHistoryTokens, countTokens);
      return withoutLostEvidence(turns, scope, engine, signal);
    },

    lifeOf: async ({ tenantId }) => ports.lifeOf?.(tenantId),

    async add(scope, sessionId, turn, life) {
      const expiresAt = now() + settings.expireMinutes * 60_000;
      if (sessionId === undefined) {
        // A session that is stored goes with its tenant; one that is not yet would come after it.
        if (life !== undefined && life !== (await ports.lifeOf?.(scope.tenantId))) {
          throw new TenantDeleting(
            'Cannot begin a session: its tenant was deleted since the question was asked',
          );
        }
        const id = randomBytes(16).toString('base64url');
        const turns = turn === undefined ? [] : [turn];
        await state.put(scope, collection, id, { owner: ownerOf(scope), expiresAt, turns }, null);
        return id;
      }
      for (let tried = 1; ; tried += 1) {
        const { session, revision } = await open(scope, sessionId);
        const turns = [...session.turns, ...(turn === undefined ? [] : [turn])].slice(-maxTurns);
        try {
          await state.put(scope, collection, sessionId, { ...session, expiresAt, turns }, revision);
          return sessionId;
        } catch (error) {
          if (!(error instanceof RevisionConflict) || tried === maxTries) throw error;
        }
      }
    },

    async sweep() {
      let removed = 0;
      const failures: unknown[] = [];
      for (let after: string | undefined; ; ) {
        const page = await state.list('all', collection, {
          limit: sweepPage,
          ...(after !== undefined && { after }),
        });
        for (const { tenantId, key, value } of page) {
          if (tenantId === undefined || (value as StoredSession).expiresAt > now()) continue;
          try {
            await state.remove(ports.scopeOf(tenantId), collection, key);
            removed += 1;
          } catch (error) {
            failures.push(error);
          }
        }
        if (page.length < sweepPage) break;
        after = page.at(-1)!.key;
      }
      if (failures.length > 0) {
        throw new AggregateError(
          failures,
          `Cannot remove ${failures.length} expired sessions, removed ${removed}`,
        );
      }
      return removed;
    },
  };
}

/** Whose a session is: the user where the credential names one, else all of its principals; never their names. */
function ownerOf({ principals, reach }: Scope): string {
  const users = principals.filter((principal) => principal.startsWith('user:'));
  const owners = users.length > 0 ? users : principals;
  return createHash('sha256')
    .update(JSON.stringify([reach, ...owners.toSorted()]))
    .digest('base64url');
}

/** The newest turns that fit. */
function bounded(
  turns: readonly Turn[],
  maxTokens: number,
  count: (text: string) => number,
): readonly Turn[] {
  let tokens = 0;
  let first = turns.length;
  while (first > 0) {
    const { question, answered } = turns[first - 1]!;
    tokens += count(question) + (answered === undefined ? 0 : count(answered.answer));
    if (tokens > maxTokens) break;
    first -= 1;
  }
  return turns.slice(first);
}

/** One read for all turns, under the scope of who asks now. */
async function withoutLostEvidence(
  turns: readonly Turn[],
  scope: Scope,
  engine: Pick<SearchEngine, 'fetch'>,
  signal: AbortSignal | undefined,
): Promise<readonly Turn[]> {
  const wanted = new Map(
    turns.flatMap(({ answered }) => answered?.restedOn ?? []).map((evidence) => [evidence.chunkId, evidence]),
  );
  if (wanted.size === 0) return turns;
  const found = await engine.fetch(scope, [...wanted.values()], { parents: false }, signal);
  const readable = new Map(found.map(({ chunkId, contentHash }) => [chunkId, contentHash]));
  return turns.map((turn) => {
    const holds = turn.answered?.restedOn.every(
      ({ chunkId, contentHash }) => readable.get(chunkId) === contentHash,
    );
    return holds === false ? { question: turn.question } : turn;
  });
}
