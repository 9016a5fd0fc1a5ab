import type { Command } from 'commander';
import type { RelevanceReport } from '../benchmarks/relevance/run-relevance-benchmark.ts';
import { loadConfig, type PartialConfig } from '../config.ts';
import { addBenchParsing } from './bench-parsing.ts';
import { type CommandRunner, wholeNumber } from './command-context.ts';
import { withProgress } from './progress.ts';

interface RelevanceOptions {
  readonly dataset: string;
  readonly configurations?: string;
  readonly depth?: number;
  readonly runsOut?: string;
}

/** Adds `bench` with what it measures: see benchmarks/. */
export function addBenchCommand(program: Command, runner: CommandRunner): void {
  const bench = program
    .command('bench')
    .description('measure Braid; each benchmark has its method in benchmarks/');
  addBenchParsing(bench, runner);
  bench
    .command('relevance')
    .description('how well searches find what judges found relevant')
    .requiredOption('--dataset <folder>', 'folder in BEIR form: corpus.jsonl, queries.jsonl, qrels.tsv')
    .option('--configurations <file>', 'YAML of named search requests (default: lexical, dense, hybrid)')
    .option('--depth <n>', 'documents a run, 1 to 1000 (default: 1000)', wholeNumber(1, 1_000))
    .option('--runs-out <folder>', 'write one TREC run a configuration')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench relevance --dataset ../data/scifact --engine sqlite --json',
    )
    .action(
      runner(async (context, options: RelevanceOptions) => {
        const config = await loadConfig(context.loadOptions());
        const { runRelevanceBenchmark } = await import('../benchmarks/relevance/run-relevance-benchmark.ts');
        const report = await withProgress(context.terminal, `Measuring on ${options.dataset}`, (say) =>
          runRelevanceBenchmark(
            {
              dataset: options.dataset,
              engine: config.engine,
              data: config.data,
              recipe: { chunking: config.ingest.chunking, embedding: config.models.embedding },
              ...(options.configurations !== undefined && { configurations: options.configurations }),
              ...(options.depth !== undefined && { depth: options.depth }),
              ...(options.runsOut !== undefined && { runsOut: options.runsOut }),
              onProgress: (progress) =>
                say(
                  progress.stage === 'index'
                    ? `indexing ${progress.done} of ${progress.total} documents`
                    : `${progress.configuration}: ${progress.done} of ${progress.total} queries`,
                ),
            },
            async (overrides: PartialConfig) => {
              const { createBraid } = await import('../braid.ts');
              return createBraid(await loadConfig(context.loadOptions(overrides)));
            },
          ),
        );
        context.terminal.result(report, describeRelevance(report));
      }),
    );
}

function describeRelevance(report: RelevanceReport): string[] {
  const names = Object.keys(report.configurations[0]?.metrics ?? {});
  const row = (cells: readonly string[]) =>
    cells
      .map((cell) => cell.padEnd(14))
      .join('')
      .trimEnd();
  return [
    `${report.dataset} on ${report.engine}, ${report.queries} queries`,
    row(['', ...names]),
    ...report.configurations.map(({ name, metrics }) =>
      row([name, ...Object.values(metrics).map((value: number) => value.toFixed(4))]),
    ),
  ];
}
