import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { InvalidInput } from '../domain/errors.ts';
import { type CommandContext, type CommandRunner, repeatable } from './command-context.ts';
import { indexOptions } from './index-options.ts';
import { braidOpener } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface Options {
  readonly dataset?: readonly string[];
  readonly queries?: string;
  readonly out?: string;
}

/** Adds `bench calibrate`. */
export function addCalibrateCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('calibrate')
    .description('estimate what log-odds fusion needs, from queries without judgements')
    .option('--dataset <folder>', 'folder in BEIR form, several times for several', repeatable)
    .option('--queries <file>', "queries.jsonl for the tenant's own index")
    .option('--out <file>', 'write the settings, for `serve --config`')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench calibrate --tenant docs --queries queries.jsonl --out braid.search.yaml',
    )
    .action(runner(calibrate));
}

async function calibrate(context: CommandContext, options: Options): Promise<void> {
  const { dataset, queries, out } = options;
  if ((dataset === undefined) === (queries === undefined)) {
    throw new InvalidInput('--dataset', 'Expected either --dataset or --queries');
  }
  const config = await loadConfig(context.loadOptions());
  const [{ runCalibration }, { formatSearchFile }] = await Promise.all([
    import('../benchmarks/tuning/run-calibration.ts'),
    import('../benchmarks/tuning/write-search-file.ts'),
  ]);
  const report = await withProgress(context.terminal, 'Calibrating', (say) =>
    runCalibration(
      {
        ...(dataset !== undefined && { datasets: dataset }),
        ...(queries !== undefined && { ownIndex: { tenantId: context.tenantId, queries } }),
        ...(out !== undefined && { out }),
        ...indexOptions(config),
        onProgress: say,
      },
      braidOpener(context),
    ),
  );
  context.terminal.result(report, [
    formatSearchFile(
      report.settings,
      report.sets.map(({ name, queries: count }) => `${name}: ${count} queries`),
    ).trimEnd(),
    ...(report.out === undefined ? [] : [`Wrote ${report.out}`]),
  ]);
}
