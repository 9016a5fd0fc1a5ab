import { CommanderError } from 'commander';
import { problemKinds, problemOf } from '../api/problem.ts';
import { BraidError, InvalidConfiguration, InvalidInput } from '../domain/errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says what went wrong in one line on stderr, with `--json` also as `{ "error": problem }` on stdout, the problem as the
 * API gives it.
 * @returns the exit status: 2 for what the caller can mend in the command line or the configuration, else 1
 */
export function reportError(error: unknown, terminal: Terminal): 1 | 2 {
  const message = error instanceof Error ? error.message : String(error);
  // commander puts its suggestion on a second line, and "error: " before everything.
  const detail = message
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  terminal.note(`error: ${detail}`);
  terminal.result({ error: describeError(error, detail) }, []);
  if (!(error instanceof BraidError || error instanceof CommanderError) && error instanceof Error) {
    terminal.detail(error.stack ?? '');
  }
  const isMisuse =
    error instanceof CommanderError || error instanceof InvalidInput || error instanceof InvalidConfiguration;
  return isMisuse ? 2 : 1;
}

function describeError(error: unknown, detail: string): object {
  if (error instanceof CommanderError) return { type: 'urn:braid:problem:invalid_input', detail };
  if (error instanceof InvalidConfiguration) {
    return { type: `urn:braid:problem:${error.code}`, detail, field: error.setting };
  }
  if (!(error instanceof BraidError)) return { type: 'urn:braid:problem:internal_error', detail };
  return error.code in problemKinds
    ? problemOf(error).body
    : { type: `urn:braid:problem:${error.code}`, detail };
}
