import { resolve } from 'node:path';
import type { Command } from 'commander';
import { problemOf } from '../api/problem.ts';
import { FeedStopped, InvalidInput } from '../domain/errors.ts';
import type { FeedProgress, FeedReport, FeedRequest } from '../domain/feed.ts';
import { type CommandContext, type CommandRunner, wholeNumber } from './command-context.ts';
import { catchInterrupts, Interrupted } from './interrupt.ts';
import { withBraid } from './open-braid.ts';
import { withProgress } from './progress.ts';
import { readMapping } from './read-mapping.ts';

interface ReplayOptions {
  readonly format: string;
  readonly mapping?: string;
  readonly feed?: string;
  readonly from?: string;
  readonly until?: string;
  readonly fromStart?: boolean;
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly allowMassDelete?: boolean;
  readonly ordered?: boolean;
}

/** Dead letters that a dry run tells one by one. */
const toldLetters = 20;

/** Adds `replay FILE`: change events into the index, from where an earlier run ended. */
export function addReplayCommand(program: Command, runner: CommandRunner): void {
  program
    .command('replay')
    .description('bring change events from a file into the index')
    .argument('<file>', 'events, one a line, plain or gzip; "-" reads standard input')
    .requiredOption('--format <name>', 'format of the events: braid, debezium, …')
    .option('--mapping <file>', 'which columns are id, text, title and metadata (YAML or JSON)')
    .option('--feed <name>', 'name under which the position is kept (default: format and path)')
    .option('--from <position>', 'start after the event at this position')
    .option('--until <position>', 'end with the event at this position')
    .option('--from-start', 'start at the beginning, wherever an earlier run ended')
    .option('--dry-run', 'change nothing and tell what would happen')
    .option('--rate <events>', 'events a second, at most', wholeNumber(1, 1_000_000))
    .option('--allow-mass-delete', 'let more than 20 % of the documents go at once')
    .option(
      '--ordered',
      'the feed has every change of its sources in the order of versions: lets prune forget',
    )
    .addHelpText(
      'after',
      [
        '',
        'Run again, it goes on after the last event that was acknowledged. Without --tenant, events go to the tenant',
        'that they name. Events that cannot be applied are kept: see dead-letters.',
        '',
        'Example:',
        '  $ npm run -s braid -- replay changes.jsonl.gz --format braid',
      ].join('\n'),
    )
    .action(
      runner(async (context, options: ReplayOptions, [file]) => {
        if (options.from !== undefined && options.fromStart === true) {
          throw new InvalidInput('--from', 'Expected only one of --from and --from-start');
        }
        if (options.ordered === true && file === '-' && options.feed === undefined) {
          throw new InvalidInput('--ordered', 'Expected --feed with --ordered on standard input');
        }
        const { terminal } = context;
        const interrupt = catchInterrupts();
        let report: FeedReport;
        try {
          report = await replay(context, options, file!, interrupt.signal);
        } catch (error) {
          if (!(error instanceof FeedStopped) || error.report === undefined) throw error;
          terminal.note(`error: ${error.message}`);
          terminal.result({ ...error.report, error: problemOf(error).body }, [describeFeed(error.report)]);
          return 1;
        } finally {
          interrupt.release();
        }
        if (interrupt.signal.aborted) {
          throw new Interrupted(`Interrupted after ${report.accepted} events; run it again to go on`);
        }
        if (report.resumedAfter > 0) {
          terminal.note(
            `went on after event ${report.resumedAfter}, where an earlier run ended; --from-start reads the whole feed`,
          );
        }
        if (report.deadLettered > 0 && options.dryRun !== true) {
          const tenant = context.tenantId === 'default' ? '' : ` --tenant ${context.tenantId}`;
          terminal.note(`why events could not be applied: dead-letters list${tenant}`);
        }
        terminal.result(report, [describeFeed(report)]);
        return 0;
      }),
    );
}

async function replay(
  context: CommandContext,
  options: ReplayOptions,
  file: string,
  signal: AbortSignal,
): Promise<FeedReport> {
  const { readLines } = await import('../sources/feeds/read-lines.ts');
  const mapping = options.mapping === undefined ? undefined : await readMapping(options.mapping);
  const { format, from, until, rate } = options;
  const name = options.feed ?? (file === '-' ? undefined : `${format}:${resolve(file)}`);
  return withBraid(context, ({ pipeline, scopes }) =>
    withProgress(context.terminal, `Replaying ${file} into tenant ${context.tenantId}`, (say) => {
      const request: FeedRequest = {
        format,
        reader: pipeline.feedReader(format, mapping),
        open: (stop) => readLines(file, process.stdin, stop),
        isReadOnce: file === '-',
        anyTenant: !context.isTenantGiven,
        fromStart: options.fromStart === true,
        dryRun: options.dryRun === true,
        allowMassDelete: options.allowMassDelete === true,
        ordered: options.ordered === true,
        onProgress: (progress) => say(describeProgress(progress)),
        ...(options.dryRun === true && { onDeadLetter: tellDeadLetters(context) }),
        signal,
        ...(name !== undefined && { name }),
        ...(from !== undefined && { from }),
        ...(until !== undefined && { until }),
        ...(rate !== undefined && { eventsPerSecond: rate }),
      };
      return pipeline.replay(scopes.operator(context.tenantId), request);
    }),
  );
}

/** A dry run keeps no letters: what they would say is told here. */
function tellDeadLetters({ terminal }: CommandContext): NonNullable<FeedRequest['onDeadLetter']> {
  let told = 0;
  return ({ position, reason, message }) => {
    told += 1;
    if (told <= toldLetters) terminal.note(`position ${position}, ${reason}: ${message}`);
    if (told === toldLetters + 1) terminal.note('and more, which are only counted');
  };
}

/** One line on what became of the events of a feed. */
export function describeFeed(report: FeedReport): string {
  const { accepted, indexed, stale, deadLettered, ignored, embedded, seconds } = report;
  const counts = [
    `${indexed} indexed`,
    `${stale} stale`,
    `${deadLettered} dead-lettered`,
    ...(ignored > 0 ? [`${ignored} more ignored`] : []),
  ];
  const place = report.position === null ? '' : `, up to position ${report.position}`;
  return `${accepted} events: ${counts.join(', ')}${place}; ${embedded} texts embedded in ${seconds.toFixed(1)} s`;
}

function describeProgress({ accepted, indexed, stale, deadLettered, waitsFor }: FeedProgress): string {
  if (waitsFor !== undefined) return `waiting: ${waitsFor}`;
  return `${accepted} events: ${indexed} indexed, ${stale} stale, ${deadLettered} dead-lettered`;
}
