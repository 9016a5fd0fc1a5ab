/** Which JWTs are taken, and which claims say what. */
export interface TokenSettings {
  /** Where the issuer publishes its keys; either this or `jwksFile`. */
  readonly jwksUri?: string;
  /** The same as a file, read once. */
  readonly jwksFile?: string;
  readonly issuer: string;
  readonly audience: string;
  /** Signature algorithms that are taken; asymmetric ones only. @default ["RS256"] */
  readonly algorithms: readonly string[];
  /** Seconds that clocks may differ. @default 30 */
  readonly clockToleranceSeconds: number;
  readonly claims: {
    /** @default "tenant" */
    readonly tenant: string;
    /**
     * Each claim must be there and hold something; its values become principals with the prefix before them.
     * @default [{ "claim": "sub", "prefix": "user:" }]
     */
    readonly principals: readonly { readonly claim: string; readonly prefix: string }[];
    /** @default "roles" */
    readonly roles: string;
  };
}
