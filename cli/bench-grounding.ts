import type { Command } from 'commander';
import { table } from './bench-table.ts';
import { type CommandRunner, wholeNumber } from './command-context.ts';
import { withBraid } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface Options {
  readonly dataset: string;
  readonly limit?: number;
}

/** Adds `bench grounding`. */
export function addGroundingCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('grounding')
    .description('how well the grounding score tells what a passage carries')
    .requiredOption('--dataset <folder>', 'folder with corpus.jsonl and evidence.jsonl')
    .option('--limit <n>', 'claims of each label at most (default: all)', wholeNumber(2, 1_000_000))
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench grounding --dataset ../data/scifact --limit 100',
    )
    .action(
      runner(async (context, { dataset, limit }: Options) => {
        const { runGroundingBenchmark } = await import('../benchmarks/grounding/run-grounding-benchmark.ts');
        const report = await withBraid(context, ({ embeddingModel }) =>
          withProgress(context.terminal, `Measuring on ${dataset}`, (say) =>
            runGroundingBenchmark({
              dataset,
              model: embeddingModel,
              ...(limit !== undefined && { limit }),
              onProgress: (done, total) => say(`${done} of ${total} claims`),
            }),
          ),
        );
        const { areaUnderCurve: area } = report;
        context.terminal.result(report, [
          `supported over not enough information: ${area.notEnoughInformation.toFixed(3)}, over contradicted: ${area.contradicted.toFixed(3)}, over unrelated: ${area.unrelated.toFixed(3)}`,
          ...table([
            ['threshold', ...Object.keys(report.claims)],
            ...report.thresholds.map(({ threshold, grounded }) => [
              String(threshold),
              ...Object.values(grounded).map((share) => share.toFixed(2)),
            ]),
          ]),
        ]);
      }),
    );
}
