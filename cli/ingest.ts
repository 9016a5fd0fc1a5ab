import type { Command } from 'commander';
import type { IngestProgress, IngestReport, WithheldRemoval } from '../domain/ingest.ts';
import { type CommandRunner, wholeNumber } from './command-context.ts';
import { catchInterrupts, Interrupted } from './interrupt.ts';
import { withBraid } from './open-braid.ts';
import { withProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface IngestFlags {
  readonly maxMissing?: number;
  readonly keepMissing?: boolean;
}

/** Adds `ingest PATH…`: files, folders and web addresses into a tenant. */
export function addIngestCommand(program: Command, runner: CommandRunner): void {
  program
    .command('ingest')
    .description('take in files, folders, s3:// and https:// addresses')
    .argument('<path...>', 'files, folders, buckets and addresses of pages')
    .option(
      '--max-missing <percent>',
      'delete nothing where more than this share of what was known is missing',
      wholeNumber(0, 100),
    )
    .option('--keep-missing', 'keep documents whose files or objects are gone')
    .addHelpText(
      'after',
      [
        '',
        'Reads what is new or changed since the last time, and deletes the documents of a folder or bucket whose files',
        'are gone, unless suspiciously many are: then nothing is deleted and the exit status is 1.',
        'What cannot be parsed is reported with its reason, and the rest goes on. The exit status is 1 where nothing',
        'at all could be taken in. Ctrl-C stops after the documents in work; run it again to go on.',
        '',
        'Example:',
        '  $ npm run -s braid -- ingest docs s3://bucket/manuals https://example.com/guide.html --tenant default',
      ].join('\n'),
    )
    .action(
      runner(async (context, { maxMissing, keepMissing }: IngestFlags, paths) => {
        const { terminal, tenantId } = context;
        const interrupt = catchInterrupts();
        const report = await withBraid(context, async ({ pipeline, scopes, openSources }) => {
          const source = await openSources(paths);
          const title = `Taking documents into tenant ${tenantId}`;
          return ingestWithProgress(terminal, title, interrupt.signal, (options) =>
            pipeline.ingest(scopes.operator(tenantId), source, {
              ...options,
              ...(maxMissing !== undefined && { maxMissingPercentage: maxMissing }),
              ...(keepMissing !== undefined && { keepMissing }),
            }),
          );
        }).finally(interrupt.release);
        for (const { name, reason, message } of report.refusals) {
          terminal.note(`refused: ${name} (${reason}): ${message}`);
        }
        for (const withheld of report.withheld) terminal.note(describeWithheld(withheld));
        terminal.result(report, [describeReport(report)]);
        const { seen, refused } = report.documents;
        if (report.withheld.length > 0) return 1;
        return seen > 0 && countOf(refused) === seen ? 1 : 0;
      }),
    );
}

/**
 * Runs an ingest that shows its progress and ends when `signal` is aborted.
 * @throws {Interrupted} when it was stopped; what was taken in before stays
 */
export async function ingestWithProgress(
  terminal: Terminal,
  title: string,
  signal: AbortSignal,
  ingest: (options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: IngestProgress) => void;
  }) => Promise<IngestReport>,
): Promise<IngestReport> {
  let done = 0;
  try {
    return await withProgress(terminal, title, (say) =>
      ingest({
        signal,
        onProgress(progress) {
          done = progress.done;
          say(`${progress.done} of ${progress.seen} documents, ${progress.chunks} chunks: ${progress.name}`);
        },
      }),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(`Interrupted after ${done} documents, which stay; run it again to go on`, error);
  }
}

/** What was not deleted, and how to have it deleted. */
export function describeWithheld({ place, known, missing, maxMissingPercentage }: WithheldRemoval): string {
  return (
    `nothing deleted below ${place}: ${missing} of ${known} known documents are missing, more than ${maxMissingPercentage} %; ` +
    'where that is meant, allow it with --max-missing 100'
  );
}

/** One line on what an ingest did. */
export function describeReport({ documents, chunks, embedded, seconds }: IngestReport): string {
  const counts = [
    `${documents.indexed} indexed`,
    `${documents.unchanged} unchanged`,
    ...(documents.removed > 0 ? [`${documents.removed} removed`] : []),
    ...(documents.stale > 0 ? [`${documents.stale} stale`] : []),
    ...(countOf(documents.refused) > 0 ? [`${countOf(documents.refused)} refused`] : []),
  ];
  return `${documents.seen} documents: ${counts.join(', ')}; ${chunks} chunks, ${embedded} texts embedded in ${seconds.toFixed(1)} s`;
}

function countOf(refused: IngestReport['documents']['refused']): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}
