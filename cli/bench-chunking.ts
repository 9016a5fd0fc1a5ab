import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { InvalidInput } from '../domain/errors.ts';
import { type CommandRunner, repeatable, wholeNumber } from './command-context.ts';
import { braidOpener } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface ChunkingOptions {
  readonly dataset: string;
  readonly documents?: readonly string[];
  readonly sample?: number;
  readonly only?: readonly string[];
}

/** Adds `bench chunking`: see benchmarks/chunking/. */
export function addBenchChunking(bench: Command, runner: CommandRunner): void {
  bench
    .command('chunking')
    .description('how well ways of cutting documents serve retrieval')
    .requiredOption('--dataset <folder>', 'texts with marked answers: corpora/*.md, queries.jsonl')
    .option('--documents <folder>', 'folder in BEIR form, for nDCG@10; may be repeated', repeatable)
    .option(
      '--sample <n>',
      'of each such corpus, the judged documents and so many others',
      wholeNumber(0, 10_000_000),
    )
    .option('--only <configuration>', 'measure this one and the default; may be repeated', repeatable)
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench chunking --dataset ../data/chroma-chunking --documents ../data/cranfield',
    )
    .action(
      runner(async (context, options: ChunkingOptions) => {
        const config = await loadConfig(context.loadOptions());
        if (config.engine !== 'sqlite') {
          throw new InvalidInput(
            'engine',
            `Expected --engine sqlite, got ${config.engine}: each way of cutting is measured on an index of its own`,
          );
        }
        const [{ runChunkingBenchmark }, { chunkingTable }] = await Promise.all([
          import('../benchmarks/chunking/run-chunking-benchmark.ts'),
          import('../benchmarks/chunking/chunking-table.ts'),
        ]);
        const open = braidOpener(context);
        const host = await open();
        try {
          const report = await withProgress(
            context.terminal,
            `Measuring on ${options.dataset}`,
            (onProgress) =>
              runChunkingBenchmark(
                {
                  dataset: options.dataset,
                  documents: options.documents ?? [],
                  ...(options.sample !== undefined && { sample: options.sample }),
                  only: options.only ?? [],
                  data: config.data,
                  onProgress,
                },
                host.embeddingModel,
                (data) => open({ data }),
              ),
          );
          context.terminal.result(report, chunkingTable(report));
        } finally {
          await host.close();
        }
      }),
    );
}
