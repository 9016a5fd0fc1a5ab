import type { Command } from 'commander';
import type { IngestProgress, IngestReport } from '../domain/ingest.ts';
import type { CommandRunner } from './command-context.ts';
import { catchInterrupts, Interrupted } from './interrupt.ts';
import { withBraid } from './open-braid.ts';
import { withProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Adds `ingest PATH…`: files, folders and web addresses into a tenant. */
export function addIngestCommand(program: Command, runner: CommandRunner): void {
  program
    .command('ingest')
    .description('take in files, folders and https:// addresses')
    .argument('<path...>', 'files, folders and addresses of pages')
    .addHelpText(
      'after',
      [
        '',
        'What cannot be parsed is reported with its reason, and the rest goes on. The exit status is 1 where nothing',
        'at all could be taken in. Ctrl-C stops after the documents in work; run it again to go on.',
        '',
        'Example:',
        '  $ npm run -s braid -- ingest docs README.md https://example.com/guide.html --tenant default',
      ].join('\n'),
    )
    .action(
      runner(async (context, _options: object, paths) => {
        const { terminal, tenantId } = context;
        const interrupt = catchInterrupts();
        const report = await withBraid(context, async ({ pipeline, scopes, openSources }) => {
          const source = await openSources(paths);
          const title = `Taking documents into tenant ${tenantId}`;
          return ingestWithProgress(terminal, title, interrupt.signal, (options) =>
            pipeline.ingest(scopes.operator(tenantId), source, options),
          );
        }).finally(interrupt.release);
        for (const { name, reason, message } of report.refusals) {
          terminal.note(`refused: ${name} (${reason}): ${message}`);
        }
        terminal.result(report, [describeReport(report)]);
        const { seen, refused } = report.documents;
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

/** One line on what an ingest did. */
export function describeReport({ documents, chunks, embedded, seconds }: IngestReport): string {
  const counts = [
    `${documents.indexed} indexed`,
    `${documents.unchanged} unchanged`,
    ...(documents.stale > 0 ? [`${documents.stale} stale`] : []),
    ...(countOf(documents.refused) > 0 ? [`${countOf(documents.refused)} refused`] : []),
  ];
  return `${documents.seen} documents: ${counts.join(', ')}; ${chunks} chunks, ${embedded} texts embedded in ${seconds.toFixed(1)} s`;
}

function countOf(refused: IngestReport['documents']['refused']): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}
