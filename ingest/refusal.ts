import {
  BraidError,
  DocumentRefused,
  InvalidInput,
  ModelRefused,
  type RefusalReason,
  SourceConflict,
} from '../domain/errors.ts';
import type { Refusal } from '../domain/ingest.ts';

/** What concerns one document only; undefined for what stops a run. */
export function asRefusal(name: string, error: unknown): Refusal | undefined {
  const reason = refusalReason(error);
  return reason === undefined ? undefined : { name, reason, message: (error as BraidError).message };
}

function refusalReason(error: unknown): RefusalReason | undefined {
  if (error instanceof DocumentRefused) return error.reason;
  if (error instanceof SourceConflict) return 'source_conflict';
  if (error instanceof InvalidInput) return 'invalid_document';
  if (error instanceof ModelRefused && error.concernsTextOnly) return 'invalid_document';
  // The engine refuses this document, and would again.
  if (error instanceof BraidError && error.code === 'engine_rejection') return 'engine_rejection';
  return undefined;
}
