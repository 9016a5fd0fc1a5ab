import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LoadOptions, PartialConfig } from '../config.ts';
import { checkTenantId } from '../domain/tenant.ts';
import { createTerminal, type Terminal, type TerminalStreams } from './terminal.ts';

/** The options that every command has. */
export interface GlobalOptions {
  readonly tenant: string;
  readonly config?: string;
  readonly engine?: 'sqlite' | 'opensearch';
  readonly data?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly tenantId: string;
  /** False where the tenant is the default of the command line. */
  readonly isTenantGiven: boolean;
  /** How to load the configuration that the options ask for. Logs are kept to errors unless something sets them. */
  loadOptions(overrides?: PartialConfig): LoadOptions;
}

/** Makes a commander action of what a command does: it returns the exit status, 0 where it returns none. */
export type CommandRunner = <Options extends object>(
  run: (
    context: CommandContext,
    options: Options,
    commandArguments: readonly string[],
    // biome-ignore lint/suspicious/noConfusingVoidType: a command that only succeeds or throws returns nothing
  ) => Promise<number | void>,
) => (...given: unknown[]) => Promise<void>;

/** Adds `--tenant`, `--config`, `--engine`, `--data`, `--json` and `--verbose` to the program. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('--tenant <id>', 'tenant to work in', 'default')
    .option('--config <file>', 'configuration file (default: braid.config.* of the current folder)')
    .addOption(
      new Option('--engine <name>', 'search engine (default: sqlite)').choices(['sqlite', 'opensearch']),
    )
    .option('--data <folder>', 'folder of the embedded engine (default: .braid)')
    .option('--json', 'print one JSON document on stdout and nothing else')
    .option('--verbose', 'report progress line by line on stderr');
}

/**
 * Builds a command's context from the options of the command line.
 * @throws {InvalidInput} for a malformed tenant id
 */
export function createCommandContext(
  options: GlobalOptions,
  streams: TerminalStreams,
  isTenantGiven = true,
): CommandContext {
  return {
    terminal: createTerminal(streams, { json: options.json === true, verbose: options.verbose === true }),
    tenantId: checkTenantId(options.tenant, '--tenant'),
    isTenantGiven,
    loadOptions: (overrides = {}) => ({
      ...(options.config !== undefined && { file: options.config }),
      overrides: { engine: options.engine, data: options.data, ...overrides },
      defaults: { log: { level: 'error' } },
    }),
  };
}

/** Reads a whole number for commander. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}`);
  };
}

/** Collects an option that may be given several times. */
export function repeatable(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Reads a number for commander. */
export function number(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a number from ${minimum} to ${maximum}`);
  };
}

/** Reads a comma-separated list for commander. */
export function list(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('Expected items between commas');
  return items;
}
