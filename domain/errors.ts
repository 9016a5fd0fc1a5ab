import type { FeedReport } from './feed.ts';

/** Base of every error that a caller of Braid may catch; `code` is stable and becomes the problem type over HTTP. */
export class BraidError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The caller's input is wrong; `field` is the path of the offending value (`dense.weight`, `filter.andAll[1].in.value`). */
export class InvalidInput extends BraidError {
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super('invalid_input', message, options);
    this.field = field;
  }
}

/** What was asked for does not exist, or is not visible under the scope: both answer alike. */
export class NotFound extends BraidError {
  constructor(message: string) {
    super('not_found', message);
  }
}

/** The stored version differs from the one that the caller named (`If-Match`). */
export class VersionMismatch extends BraidError {
  readonly stored: bigint | undefined;

  constructor(message: string, stored: bigint | undefined) {
    super('version_mismatch', message);
    this.stored = stored;
  }
}

/** The document belongs to another source, which alone may change it. */
export class SourceConflict extends BraidError {
  readonly owner: string;

  constructor(message: string, owner: string) {
    super('source_conflict', message);
    this.owner = owner;
  }
}

/** The result list behind a cursor has changed, so that it can no longer be continued without repeats or gaps. */
export class CursorExpired extends BraidError {
  constructor(message: string) {
    super('cursor_expired', message);
  }
}

/** Why a document was refused; the values are stable. */
export type RefusalReason =
  | 'empty'
  | 'encrypted'
  | 'too_large'
  | 'corrupt'
  | 'unsupported_type'
  | 'timed_out'
  | 'needs_ocr'
  | 'unreadable'
  | 'forbidden_address'
  | 'unreachable'
  | 'invalid_document'
  | 'source_conflict'
  | 'engine_rejection';

/** A document that cannot be taken in. The rest of its batch goes on. */
export class DocumentRefused extends BraidError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super('document_refused', message, options);
    this.reason = reason;
  }
}

/** The engine's stored form does not fit the configuration (other dimensions, other model, newer schema). */
export class EngineMismatch extends BraidError {
  constructor(message: string, options?: ErrorOptions) {
    super('engine_mismatch', message, options);
  }
}

/** The search engine cannot be reached or cannot write at present; the same call may succeed later. */
export class EngineUnavailable extends BraidError {
  constructor(message: string, options?: ErrorOptions) {
    super('engine_unavailable', message, options);
  }
}

/** A model failed or is not configured. */
export class ModelUnavailable extends BraidError {
  constructor(message: string, options?: ErrorOptions) {
    super('model_unavailable', message, options);
  }
}

/** Why an object store did not do what was asked; all but `unavailable` would fail again. */
export type ObjectFailureReason =
  | 'unavailable'
  | 'no_credentials'
  | 'expired_credentials'
  | 'invalid_credentials'
  | 'wrong_region'
  | 'access_denied'
  | 'archived'
  | 'no_such_bucket'
  | 'changed'
  | 'corrupt'
  | 'rejected';

/** An object store failed or refused; its message says what to do. An object that is not there is no failure. */
export class ObjectStoreFailure extends BraidError {
  readonly reason: ObjectFailureReason;

  constructor(reason: ObjectFailureReason, message: string, options?: ErrorOptions) {
    super(reason === 'unavailable' ? 'objects_unavailable' : 'objects_refused', message, options);
    this.reason = reason;
  }
}

/**
 * Why a model will not serve a call however often it is made: the credentials, the rights of who asks, the model's name,
 * a quota that is used up, or the text itself.
 */
export type ModelRefusalReason = 'credentials' | 'access' | 'unknown_model' | 'quota' | 'input';

/** A model refuses a call, and would again: somebody has to change something first. */
export class ModelRefused extends BraidError {
  readonly reason: ModelRefusalReason;

  constructor(reason: ModelRefusalReason, message: string, options?: ErrorOptions) {
    super('model_refused', message, options);
    this.reason = reason;
  }

  /** True where another text would be served; else each call would meet the same until somebody changes something. */
  get concernsTextOnly(): boolean {
    return this.reason === 'input';
  }
}

/** More is asked at once than is served; try again after `retryAfterSeconds`. */
export class Overloaded extends BraidError {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super('overloaded', message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A tenant or a key asks more often than it may; try again after `retryAfterSeconds`. */
export class RateLimited extends BraidError {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super('rate_limited', message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A setting is missing or wrong; `setting` is its path in the configuration. */
export class InvalidConfiguration extends BraidError {
  readonly setting: string;

  constructor(setting: string, message: string, options?: ErrorOptions) {
    super('invalid_configuration', message, options);
    this.setting = setting;
  }
}

/** The tenant is being deleted, or was since the write was begun: what came before must not come after. */
export class TenantDeleting extends BraidError {
  constructor(message: string) {
    super('tenant_deleting', message);
  }
}

/** Another writer changed the record between the read and the write; read again and retry. */
export class RevisionConflict extends BraidError {
  constructor(message: string) {
    super('revision_conflict', message);
  }
}

/** A feed stops rather than do harm; what was acknowledged before stays, and the rest is not touched. */
export class FeedStopped extends BraidError {
  readonly reason: 'storm' | 'mass_deletion' | 'unknown_position';
  /** Of a run that had begun. */
  readonly report: FeedReport | undefined;

  constructor(reason: FeedStopped['reason'], message: string, report?: FeedReport) {
    super('feed_stopped', message);
    this.reason = reason;
    this.report = report;
  }
}
