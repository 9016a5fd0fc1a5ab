import type { Scope } from '../domain/scope.ts';

/** What the state belongs to: a tenant, through a scope, or the installation itself. */
export type StateOwner = Scope | 'system';

/** Small durable records beside the data: jobs, positions, keys. Values are JSON. Reads see each acknowledged write. */
export interface StateStore {
  get(owner: StateOwner, collection: string, key: string): Promise<StateEntry | undefined>;

  /**
   * @param expected the revision that must be stored; `null`: nothing may be; absent: whatever is
   * @returns the new revision
   * @throws {RevisionConflict} when something else is stored
   */
  put(
    owner: StateOwner,
    collection: string,
    key: string,
    value: unknown,
    expected?: string | null,
  ): Promise<string>;

  /** Does nothing where there is no such entry. */
  remove(owner: StateOwner, collection: string, key: string): Promise<void>;

  /** Removes everything of the scope's tenant and returns how many entries of each collection. */
  removeTenant?(scope: Scope): Promise<Readonly<Record<string, number>>>;

  /** By key (UTF-8 bytes). `owner: "all"` walks every tenant and is for recovery at start. */
  list(
    owner: StateOwner | 'all',
    collection: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<StateEntry[]>;
}

export interface StateEntry {
  /** Absent for the installation's own. */
  readonly tenantId?: string;
  readonly key: string;
  readonly value: unknown;
  readonly revision: string;
}
