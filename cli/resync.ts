import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Braid } from '../braid.ts';
import { FeedStopped, InvalidInput } from '../domain/errors.ts';
import type { ResyncReport } from '../domain/feed.ts';
import { audited } from './audited.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { catchInterrupts } from './interrupt.ts';
import { withBraid } from './open-braid.ts';
import { withProgress } from './progress.ts';
import { readMapping } from './read-mapping.ts';

interface ResyncOptions {
  readonly format?: string;
  readonly source?: string;
  readonly mapping?: string;
  readonly dryRun?: boolean;
  readonly allowMassDelete?: boolean;
}

/** Of what is known of a folder or bucket; where more is missing, nothing is deleted. */
const maxMissingPercentage = 20;

/** Adds `resync LISTING`: compares a full listing of a source with the index and repairs the differences. */
export function addResyncCommand(program: Command, runner: CommandRunner): void {
  program
    .command('resync')
    .description('compare a full listing of a source with the index and repair the differences')
    .argument(
      '<listing>',
      'a folder or s3://bucket/prefix; or, with --format, a file with every document as an event',
    )
    .option('--format <name>', 'format of the events of a file: braid, debezium, …')
    .option('--source <name>', 'source whose documents the events list')
    .option('--mapping <file>', 'which columns are id, text, title and metadata (YAML or JSON)')
    .option('--dry-run', 'change nothing and tell what differs')
    .option('--allow-mass-delete', 'let more than 20 % of the documents go at once')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  $ npm run -s braid -- resync snapshot.jsonl.gz --format braid --source docs --dry-run',
        '  $ npm run -s braid -- resync s3://bucket/manuals',
      ].join('\n'),
    )
    .action(
      runner(async (context, options: ResyncOptions, [listing]) => {
        const interrupt = catchInterrupts();
        const run = options.format === undefined ? resyncPlace : resyncEvents;
        const report = await withBraid(context, (braid) => {
          const resync = () => run(context, braid, listing!, options, interrupt.signal);
          return options.dryRun === true
            ? resync()
            : audited(braid.audit, 'resync', context.tenantId, resync, ({ repaired, deleted }) => ({
                repaired,
                deleted,
              }));
        }).finally(interrupt.release);
        const { listed, equal, newer, repaired, conflicting, deleted, seconds } = report;
        context.terminal.result(report, [
          `${listed} listed: ${equal} equal, ${newer} newer in the index, ${repaired} ${options.dryRun === true ? 'to repair' : 'repaired'}, ${conflicting} conflicting; ${deleted} not listed ${options.dryRun === true ? 'and to delete' : 'and deleted'}, in ${seconds.toFixed(1)} s`,
        ]);
        return report.refused > 0 ? 1 : 0;
      }),
    );
}

/** `refused`: listed documents that cannot be taken in. */
type Report = ResyncReport & { readonly refused: number };

async function resyncEvents(
  context: CommandContext,
  { pipeline, scopes }: Braid,
  file: string,
  { format, source, mapping, dryRun = false, allowMassDelete = false }: ResyncOptions,
  signal: AbortSignal,
): Promise<Report> {
  if (source === undefined) {
    throw new InvalidInput('--source', 'Expected --source: whose documents the events list');
  }
  const { readLines } = await import('../sources/feeds/read-lines.ts');
  const reader = pipeline.feedReader(format!, mapping === undefined ? undefined : await readMapping(mapping));
  const report = await pipeline.resync(scopes.operator(context.tenantId), {
    source,
    reader,
    open: (stop) => readLines(file, process.stdin, stop),
    dryRun,
    allowMassDelete,
    signal,
  });
  return { ...report, refused: 0 };
}

/** @throws {FeedStopped} where suspiciously many are missing, and nothing was deleted */
async function resyncPlace(
  { terminal, tenantId }: CommandContext,
  { pipeline, scopes, openSources }: Braid,
  place: string,
  { source, mapping, dryRun = false, allowMassDelete = false }: ResyncOptions,
  signal: AbortSignal,
): Promise<Report> {
  for (const [flag, value] of Object.entries({ '--source': source, '--mapping': mapping })) {
    if (value !== undefined) throw new InvalidInput(flag, `Expected --format with ${flag}`);
  }
  const listing = await openSources([place]);
  // A file may well be a folder's only one, but here its format has been forgotten.
  const isWhole = /^s3:/i.test(place) || (await stat(place).catch(() => undefined))?.isDirectory() === true;
  if (!isWhole) {
    throw new InvalidInput(
      'listing',
      `Expected a folder or s3://bucket/prefix, or a file with --format, got ${place}`,
    );
  }
  const { documents, refusals, withheld, embedded, seconds } = await withProgress(
    terminal,
    `Comparing ${place} with tenant ${tenantId}`,
    (say) =>
      pipeline.ingest(scopes.operator(tenantId), listing, {
        dryRun,
        maxMissingPercentage: allowMassDelete ? 100 : maxMissingPercentage,
        signal,
        onProgress: ({ done, seen, name }) => say(`${done} of ${seen} documents: ${name}`),
      }),
  );
  for (const { name, reason, message } of refusals) terminal.note(`refused: ${name} (${reason}): ${message}`);
  const [held] = withheld;
  if (held !== undefined) {
    throw new FeedStopped(
      'mass_deletion',
      `Stopped before deleting ${held.missing} of the ${held.known} documents below ${held.place}: where that is meant, allow it with --allow-mass-delete`,
    );
  }
  return {
    listed: documents.seen,
    equal: documents.unchanged,
    newer: documents.stale,
    repaired: documents.indexed,
    conflicting: 0,
    deleted: documents.removed,
    refused: refusals.length,
    embedded,
    seconds,
  };
}
