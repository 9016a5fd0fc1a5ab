/**
 * What a caller may read: one tenant, and within it the documents that its principals may see.
 *
 * Every read of an engine takes one. It is declared as a class with a private member and has no value: it cannot be
 * written as an object literal, nor made from another by spreading, which leaves private members behind. Only
 * `identity/` makes scopes (guarded by the architecture test).
 */
export declare class Scope {
  private constructor();
  private readonly brand: true;
  readonly tenantId: string;
  /** `user:…` and `group:…`, compared exactly. Empty: only documents that are for the whole tenant. */
  readonly principals: readonly string[];
  /** `operator` sees each document of the tenant whatever its access list: for indexers and the local command line. */
  readonly reach: 'principals' | 'operator';
  /** True where the tenant is set to `accessControl: required`: a document without an allow list is for no one. */
  readonly accessRequired: boolean;
}
