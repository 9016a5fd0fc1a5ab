import type { Command } from 'commander';
import type { CommandRunner } from './command-context.ts';
import { catchInterrupts } from './interrupt.ts';
import { withBraid } from './open-braid.ts';
import { readMapping } from './read-mapping.ts';

interface ResyncOptions {
  readonly format: string;
  readonly source: string;
  readonly mapping?: string;
  readonly dryRun?: boolean;
  readonly allowMassDelete?: boolean;
}

/** Adds `resync FILE`: compares a full listing of a source with the index and repairs the differences. */
export function addResyncCommand(program: Command, runner: CommandRunner): void {
  program
    .command('resync')
    .description('compare a full listing of a source with the index and repair the differences')
    .argument('<file>', 'every document of the source as an event, one a line, plain or gzip')
    .requiredOption('--format <name>', 'format of the events: braid, debezium, …')
    .requiredOption('--source <name>', 'source whose documents are listed')
    .option('--mapping <file>', 'which columns are id, text, title and metadata (YAML or JSON)')
    .option('--dry-run', 'change nothing and tell what differs')
    .option('--allow-mass-delete', 'let more than 20 % of the documents go at once')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- resync snapshot.jsonl.gz --format braid --source docs --dry-run',
    )
    .action(
      runner(async (context, options: ResyncOptions, [file]) => {
        const { readLines } = await import('../sources/feeds/read-lines.ts');
        const mapping = options.mapping === undefined ? undefined : await readMapping(options.mapping);
        const interrupt = catchInterrupts();
        const report = await withBraid(context, ({ pipeline, scopes }) =>
          pipeline.resync(scopes.operator(context.tenantId), {
            source: options.source,
            reader: pipeline.feedReader(options.format, mapping),
            open: (signal) => readLines(file!, process.stdin, signal),
            dryRun: options.dryRun === true,
            allowMassDelete: options.allowMassDelete === true,
            signal: interrupt.signal,
          }),
        ).finally(interrupt.release);
        const { listed, equal, newer, repaired, conflicting, deleted, seconds } = report;
        context.terminal.result(report, [
          `${listed} listed: ${equal} equal, ${newer} newer in the index, ${repaired} repaired, ${conflicting} conflicting; ${deleted} not listed and deleted, in ${seconds.toFixed(1)} s`,
        ]);
      }),
    );
}
