declare const scopeBrand: unique symbol;

/**
 * What a caller may read: one tenant, and within it the documents that its principals may see.
 *
 * Every read of an engine takes one. The brand has no value, so a scope cannot be written down as an
 * object literal: only `identity/` makes them (guarded by the architecture test).
 */
export interface Scope {
  readonly tenantId: string;
  /** `user:…` and `group:…`, compared exactly. Empty: only documents that are for the whole tenant. */
  readonly principals: readonly string[];
  /** `operator` sees each document of the tenant whatever its access list: for indexers and the local command line. */
  readonly reach: 'principals' | 'operator';
  /** True where the tenant is set to `accessControl: required`: a document without an allow list is for no one. */
  readonly accessRequired: boolean;
  readonly [scopeBrand]: true;
}
