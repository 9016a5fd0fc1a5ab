import pino from 'pino';
import { maskSecrets, maskText } from './mask-secrets.ts';
import type { Log } from './telemetry.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Takes finished lines; `process.stderr` is one. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * Makes a log of one JSON object a line.
 *
 * Goes to standard error, so that what a command prints stays clean, and at once, so that a crash loses nothing.
 */
export function createLog(level: LogLevel, destination?: LogDestination): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: maskSecrets },
      serializers: { error: errorFields, err: errorFields },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** An error and its causes; nothing of what else hangs on it, since SDK errors carry whole requests with their headers. */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const fields: ErrorFields = {
    name: error.name,
    message: maskText(error.message),
    ...(code !== undefined && { code }),
    ...(error.stack !== undefined && { stack: maskText(error.stack) }),
    ...(error.cause instanceof Error && depth < 5 && { cause: errorFields(error.cause, depth + 1) }),
  };
  return fields;
}
