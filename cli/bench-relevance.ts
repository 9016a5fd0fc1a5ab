import type { Command } from 'commander';
import type { RelevanceReport } from '../benchmarks/relevance/relevance-report.ts';
import { loadConfig } from '../config.ts';
import { InvalidInput } from '../domain/errors.ts';
import { checkJudged } from './bench-judged.ts';
import { table } from './bench-table.ts';
import { type CommandContext, type CommandRunner, list, wholeNumber } from './command-context.ts';
import { indexOptions } from './index-options.ts';
import { braidOpener } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface Options {
  readonly dataset?: string;
  readonly split?: string;
  readonly judgements?: string;
  readonly queries?: string;
  readonly configurations?: string;
  readonly depth?: number;
  readonly metrics?: readonly string[];
  readonly metric?: string;
  readonly baseline?: string;
  readonly runsOut?: string;
}

/** Adds `bench relevance`. */
export function addRelevanceCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('relevance')
    .description('how well searches find what judges found relevant')
    .option('--dataset <folder>', 'folder in BEIR form: corpus.jsonl, queries.jsonl, qrels.tsv')
    .option('--split <name>', 'other queries and judgements of the folder, such as train')
    .option(
      '--judgements <file>',
      "judgements for the tenant's own index: BEIR, TREC, Quepid, workbench, ranx",
    )
    .option('--queries <file>', 'texts of the judged queries (queries.jsonl), where the judgements hold ids')
    .option('--configurations <file>', 'YAML of named search requests (default: lexical, dense, hybrid)')
    .option('--baseline <name>', 'configuration to compare with (default: hybrid, else the first)')
    .option('--metrics <names>', 'such as ndcg@5,recall@50,mrr', list)
    .option('--metric <name>', 'what is compared (default: ndcg@10)')
    .option('--depth <n>', 'documents a run, 1 to 1000 (default: 1000)', wholeNumber(1, 1_000))
    .option(
      '--runs-out <folder>',
      "write one TREC run a configuration, and report.json, with each query's values",
    )
    .addHelpText(
      'after',
      [
        '',
        'Example:',
        '  $ npm run -s braid -- bench relevance --dataset ../data/scifact --engine sqlite --json',
        '  $ npm run -s braid -- bench relevance --tenant docs --judgements quepid.csv',
      ].join('\n'),
    )
    .action(runner(measure));
}

async function measure(context: CommandContext, options: Options): Promise<void> {
  checkJudged(options);
  if (options.split !== undefined && options.dataset === undefined) {
    throw new InvalidInput('--split', 'Expected --split with --dataset, judgements have none');
  }
  const config = await loadConfig(context.loadOptions());
  const { runRelevanceBenchmark } = await import('../benchmarks/relevance/run-relevance-benchmark.ts');
  const { judgements, queries, ...others } = options;
  const title = `Measuring on ${options.dataset ?? `tenant ${context.tenantId}`}`;
  const detailed = await withProgress(context.terminal, title, (say) =>
    runRelevanceBenchmark(
      {
        ...others,
        ...(judgements !== undefined && {
          ownIndex: { tenantId: context.tenantId, judgements, ...(queries !== undefined && { queries }) },
        }),
        ...indexOptions(config),
        onProgress: (progress) =>
          say(
            progress.stage === 'index'
              ? `indexing ${progress.done} of ${progress.total} documents`
              : `${progress.configuration}: ${progress.done} of ${progress.total} queries`,
          ),
      },
      braidOpener(context),
    ),
  );
  const { perQuery: _, comparisons, ...report } = detailed;
  const summary: RelevanceReport = {
    ...report,
    comparisons: comparisons.map(({ worst: _worst, perQuery: _perQuery, ...comparison }) => comparison),
  };
  context.terminal.result(summary, describeRelevance(summary));
}

/** The report in lines, for people. */
export function describeRelevance(report: RelevanceReport): string[] {
  const names = Object.keys(report.configurations[0]?.metrics ?? {});
  return [
    `${report.dataset} on ${report.engine}, ${report.queries} queries`,
    ...table([
      ['', ...names],
      ...report.configurations.map(({ name, metrics }) => [
        name,
        ...names.map((metric) => metrics[metric]!.toFixed(4)),
      ]),
    ]),
    ...report.comparisons.map(describeComparison),
    ...report.notes.map((note) => `Note: ${note}`),
  ];
}

/** One comparison as a sentence. */
export function describeComparison(comparison: RelevanceReport['comparisons'][number]): string {
  const { name, baseline, metric, difference, interval, adjustedPValue, wins, ties, losses } = comparison;
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const verdict = adjustedPValue < 0.05 ? (difference > 0 ? 'better' : 'worse') : 'no difference shown';
  return `${name} against ${baseline}: ${metric} ${signed(difference)} [${interval.map(signed).join(', ')}], p ${adjustedPValue.toFixed(4)} (Holm), ${wins} won, ${ties} tied, ${losses} lost: ${verdict}`;
}
