import { basename } from 'node:path';
import type { Command } from 'commander';
import type { ParsingReport } from '../benchmarks/parsing/run-parsing-benchmark.ts';
import { loadConfig } from '../config.ts';
import type { CommandRunner } from './command-context.ts';
import { withProgress } from './progress.ts';

const worst = 10;

/** Adds `bench parsing`: see benchmarks/parsing. */
export function addBenchParsing(bench: Command, runner: CommandRunner): void {
  bench
    .command('parsing')
    .argument('<folder...>', 'folders of documents, some with a reference `name.ext.md` beside them')
    .description('what parsing keeps of the words of documents, by format, and what it refuses')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- bench parsing ./my-documents --json')
    .action(
      runner(async (context, _options: object, folders) => {
        const config = await loadConfig(context.loadOptions());
        const { benchmarkParsing } = await import('../benchmarks/parsing/run-parsing-benchmark.ts');
        const report = await withProgress(context.terminal, 'Parsing', (say) =>
          benchmarkParsing(folders, config.ingest.parse, (done, total) =>
            say(`${done} of ${total} documents`),
          ),
        );
        context.terminal.result(report, describeParsing(report));
      }),
    );
}

function describeParsing(report: ParsingReport): string[] {
  const { documents, parsed, refusals, formats, compared, seconds } = report;
  const columns = ['format', 'documents', 'parsed', 'compared', 'recall', 'order', 'ms'];
  const share = (value: number | undefined) => value?.toFixed(3) ?? '–';
  const row = (cells: readonly (string | number)[]) =>
    cells
      .map((cell) => String(cell).padEnd(11))
      .join('')
      .trimEnd();
  return [
    `${documents} documents in ${seconds.toFixed(1)} s: ${parsed} parsed, ${refusals.length} refused`,
    row(columns),
    ...formats.map(({ format, medianRecall, medianOrder, medianMs, ...counts }) =>
      row([
        format,
        counts.documents,
        counts.parsed,
        counts.compared,
        share(medianRecall),
        share(medianOrder),
        medianMs.toFixed(1),
      ]),
    ),
    ...(compared.length > 0 ? ['', 'lowest recall'] : []),
    ...compared
      .slice(0, worst)
      .map(({ recall, order, path }) => row([share(recall), share(order), basename(path)])),
    ...(refusals.length > 0 ? ['', 'refused'] : []),
    ...refusals.map(({ path, reason, message }) => `${path}: ${reason}: ${message}`),
  ];
}
