import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { type CommandRunner, wholeNumber } from './command-context.ts';
import { braidOpener } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface Options {
  readonly chunks: number;
  readonly texts: number;
}

/** Adds `bench ingestion`. */
export function addIngestionCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('ingestion')
    .description('how fast documents go in, beside bare bulk')
    .option('--chunks <n>', 'with vectors given', wholeNumber(100, 100_000_000), 10_000)
    .option('--texts <n>', 'through the whole pipeline', wholeNumber(1, 10_000_000), 200)
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench ingestion --engine opensearch --chunks 20000',
    )
    .action(
      runner(async (context, options: Options) => {
        const config = await loadConfig(context.loadOptions());
        const [{ runIngestionBenchmark }, { ingestionVerdict }] = await Promise.all([
          import('../benchmarks/ingestion/run-ingestion-benchmark.ts'),
          import('../benchmarks/report/describe-ingestion.ts'),
        ]);
        const report = await withProgress(
          context.terminal,
          `Measuring ingestion into ${config.engine}`,
          (say) =>
            runIngestionBenchmark(
              {
                ...options,
                engine: config.engine,
                data: config.data,
                opensearchUrl: config.opensearch.url,
                onProgress: say,
              },
              braidOpener(context),
            ),
        );
        const { braid, bare } = report.givenVectors;
        context.terminal.result(report, [
          ingestionVerdict(report),
          ...[braid, bare, report.pipeline].map(
            (series) =>
              `${series.name}: ${series.documentsPerSecond.toFixed(0)} documents/s, ${series.chunksPerSecond.toFixed(0)} chunks/s (${series.chunks} in ${series.seconds.toFixed(1)} s)`,
          ),
          ...Object.entries(report.pipeline.stages).map(
            ([stage, seconds]) => `${stage}: ${seconds.toFixed(2)} s, summed over documents in work at once`,
          ),
        ]);
      }),
    );
}
