import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { describeComparison } from './bench-relevance.ts';
import { table } from './bench-table.ts';
import { type CommandRunner, list } from './command-context.ts';

interface Options {
  readonly judgements?: string;
  readonly metrics?: readonly string[];
  readonly metric?: string;
}

/** Adds `bench compare` and `bench runs`. */
export function addCompareCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('compare <run...>')
    .description(
      'measure and compare kept runs (ids of `bench runs`) or run files; the first is the baseline',
    )
    .option('--judgements <file>', 'judgements for run files: BEIR, TREC, Quepid, workbench, ranx')
    .option('--metrics <names>', 'such as ndcg@5,recall@50,mrr', list)
    .option('--metric <name>', 'what is compared (default: the first metric)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench compare before.run after.run --judgements qrels.tsv',
    )
    .action(
      runner(async (context, options: Options, runs) => {
        const config = await loadConfig(context.loadOptions());
        const [{ compareKeptRuns }, { runFolder }] = await Promise.all([
          import('../benchmarks/relevance/compare-kept-runs.ts'),
          import('../benchmarks/relevance/run-relevance-benchmark.ts'),
        ]);
        const report = await compareKeptRuns({ ...options, runs, folder: runFolder(config.data) });
        const names = Object.keys(report.configurations[0]?.metrics ?? {});
        context.terminal.result(report, [
          `${report.queries} queries`,
          ...table([
            ['', ...names],
            ...report.configurations.map(({ name, metrics }) => [
              name,
              ...names.map((metric) => metrics[metric]!.toFixed(4)),
            ]),
          ]),
          ...report.configurations.flatMap(({ name, missingQueries, unjudgedQueries }) => [
            ...(missingQueries.length > 0
              ? [
                  `Note: ${name} says nothing of ${missingQueries.length} judged queries, which count as 0: ${missingQueries.slice(0, 10).join(', ')}`,
                ]
              : []),
            ...(unjudgedQueries.length > 0
              ? [
                  `Note: ${name} has ${unjudgedQueries.length} queries without a relevant document, which are left out: ${unjudgedQueries.slice(0, 10).join(', ')}`,
                ]
              : []),
          ]),
          ...report.comparisons.map(describeComparison),
        ]);
      }),
    );
  bench
    .command('runs')
    .description('list the kept runs')
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- bench runs')
    .action(
      runner(async (context) => {
        const config = await loadConfig(context.loadOptions());
        const [{ listStoredRuns }, { runFolder }] = await Promise.all([
          import('../benchmarks/relevance/stored-run.ts'),
          import('../benchmarks/relevance/run-relevance-benchmark.ts'),
        ]);
        const runs = await listStoredRuns(runFolder(config.data));
        context.terminal.result(
          { runs },
          table(
            runs.map(({ id, name, dataset, engine, queries, measuredAt }) => [
              ...[id, name, dataset, engine, `${queries} queries`, measuredAt],
            ]),
          ),
        );
      }),
    );
}
