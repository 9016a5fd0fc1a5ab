import type { Identity } from '../identity/identity.ts';
import type { ScopeMaker } from '../identity/scope.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AuthenticationOptions } from './authenticate.ts';
import type { LimitOptions } from './rate-limit.ts';

/** What every request is served with. */
export interface ApiOptions {
  readonly pipeline: Pipeline;
  readonly scopes: Pick<ScopeMaker, 'reader'>;
  readonly telemetry: Telemetry;
  /** All metrics in the text format of Prometheus. */
  readonly prometheus: () => Promise<string>;
  readonly server: {
    /** Requests served at once. */
    readonly concurrency: number;
    readonly maxBodyBytes: number;
    /** Of a search, an answer or a read. */
    readonly timeoutMs: number;
  };
  /** Who is let in. @default everyone, on loopback, as the tenant in the header */
  readonly authentication?: AuthenticationOptions;
  /** @default none */
  readonly limits?: LimitOptions;
  /** Silence after which an answer's stream sends a comment. @default 15000 */
  readonly heartbeatMs?: number;
  /** Of the sender of a stream of changes, after which it is let go. @default 60000 */
  readonly maxSilenceMs?: number;
}

/** Hono's types of a request: what the server binds and what the middleware sets. */
export interface Environment {
  Bindings: {
    /** True once the server closes: it is no longer ready, and takes nothing new. Absent without a server. */
    readonly isClosing?: () => boolean;
    /** Lets the body of this request arrive for as long as it takes: its reader watches over it. */
    readonly mayTakeLong?: () => void;
  };
  Variables: {
    requestId: string;
    tenantId?: string;
    /** Set where there is authentication and the route is not public. */
    identity?: Identity;
    /** Whose limits the request counts against: the identity's tenant, else the one in the header. */
    payer: string;
    /** Code of the problem that the request was answered with. */
    problem?: string;
    /** Work that outlives the response, and keeps its place among the requests served at once. */
    remaining: Promise<unknown>[];
  };
}
