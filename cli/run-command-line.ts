import { Command, CommanderError } from 'commander';
import { addAnswerCommand } from './answer.ts';
import { addBenchCommand } from './bench.ts';
import {
  addGlobalOptions,
  type CommandRunner,
  createCommandContext,
  type GlobalOptions,
} from './command-context.ts';
import { addConfigCommand } from './config.ts';
import { addDeadLettersCommand } from './dead-letters.ts';
import { addDoctorCommand } from './doctor.ts';
import { addDocumentsCommand } from './documents.ts';
import { addIngestCommand } from './ingest.ts';
import { addKeysCommand } from './keys.ts';
import { addReplayCommand } from './replay.ts';
import { reportError } from './report-error.ts';
import { addResyncCommand } from './resync.ts';
import { addSearchCommand } from './search.ts';
import { addServeCommand } from './serve.ts';
import { addTenantsCommand } from './tenants.ts';
import { createTerminal, type TerminalStreams } from './terminal.ts';

/**
 * Runs one command line and returns its exit status: 0 done, 1 failed, 2 used wrongly.
 * Nothing is thrown; an error is one line on stderr, and with `--json` also `{ "error": … }` on stdout.
 */
export async function runCommandLine(
  commandLine: readonly string[],
  streams: TerminalStreams = process,
): Promise<number> {
  let status = 0;
  const runner: CommandRunner =
    (run) =>
    async (...given) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<GlobalOptions & Parameters<typeof run>[1]>();
      const isTenantGiven = command.getOptionValueSourceWithGlobals('tenant') !== 'default';
      const context = createCommandContext(options, streams, isTenantGiven);
      status = (await run(context, options, command.args)) ?? 0;
    };
  const terminal = createTerminal(streams, {
    json: commandLine.includes('--json'),
    verbose: commandLine.includes('--verbose'),
  });
  const program = createProgram(runner, streams);
  try {
    await program.parseAsync(commandLine, { from: 'user' });
    return status;
  } catch (error) {
    // Help and the version end parsing with an error of status 0, their text is out.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return reportError(error, terminal);
  }
}

function createProgram(runner: CommandRunner, streams: TerminalStreams): Command {
  const program = addGlobalOptions(new Command('braid'))
    .description('A hybrid-search RAG engine: documents in, cited answers out')
    .helpCommand('help [command]', 'display help for a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      // Reported once, where every error is.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- search "How are tenants kept apart?"');
  for (const add of [
    addServeCommand,
    addIngestCommand,
    addReplayCommand,
    addResyncCommand,
    addDeadLettersCommand,
    addSearchCommand,
    addAnswerCommand,
    addDocumentsCommand,
    addBenchCommand,
    addKeysCommand,
    addTenantsCommand,
    addConfigCommand,
    addDoctorCommand,
  ]) {
    add(program, runner);
  }
  return program;
}
