import type { Command } from 'commander';
import type { TuneOptions } from '../benchmarks/tuning/tune-options.ts';
import type { TuningReport } from '../benchmarks/tuning/tuning-report.ts';
import { loadConfig } from '../config.ts';
import { checkJudged } from './bench-judged.ts';
import { table } from './bench-table.ts';
import { type CommandContext, type CommandRunner, repeatable, wholeNumber } from './command-context.ts';
import { indexOptions } from './index-options.ts';
import { braidOpener } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface Options
  extends Pick<TuneOptions, 'space' | 'budget' | 'metric' | 'classQueries' | 'steps' | 'searches' | 'out'> {
  readonly dataset?: readonly string[];
  readonly judgements?: string;
  readonly queries?: string;
}

/** Adds `bench tune`. */
export function addTuneCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('tune')
    .description('search for settings that find more than the defaults do, and prove it or say so')
    .option(
      '--dataset <folder>',
      'folder in BEIR form, several times for several; a split "train" is chosen by, the test queries judge',
      repeatable,
    )
    .option('--judgements <file>', "judgements for the tenant's own index, five folds of them")
    .option('--queries <file>', 'texts of the judged queries, where the judgements hold ids')
    .option('--space <file>', 'YAML of the values that are tried (default: see benchmarks/tuning/)')
    .option('--budget <n>', 'try so many, drawn at random, instead of all', wholeNumber(1, 1_000_000))
    .option('--metric <name>', 'ndcg@k, recall@k or precision@k (default: ndcg@10)')
    .option(
      '--class-queries <n>',
      'tune each class of so many training queries too',
      wholeNumber(5, 1_000_000),
    )
    .option(
      '--steps',
      'try what may follow the legs too, by searching: feedback, diversity, duplicates; --space names others',
    )
    .option('--searches <n>', 'searches for that at most (default: 20000)', wholeNumber(1, 10_000_000))
    .option('--out <file>', 'write the winning settings, for `serve --config`')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench tune --dataset ../data/scifact --out braid.search.yaml',
    )
    .action(runner(tune));
}

async function tune(context: CommandContext, options: Options): Promise<void> {
  checkJudged(options);
  const config = await loadConfig(context.loadOptions());
  const { runTuning } = await import('../benchmarks/tuning/run-tuning.ts');
  const { dataset, judgements, queries, ...others } = options;
  const report = await withProgress(context.terminal, 'Tuning', (say) =>
    runTuning(
      {
        ...others,
        ...(dataset !== undefined && { datasets: dataset }),
        ...(judgements !== undefined && {
          ownIndex: { tenantId: context.tenantId, judgements, ...(queries !== undefined && { queries }) },
        }),
        ...indexOptions(config),
        onProgress: say,
      },
      braidOpener(context),
    ),
  );
  context.terminal.result(report, [...describeTuning(report), ...describeFile(report, options.out)]);
}

function describeTuning(report: TuningReport): string[] {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const { judgement } = report;
  return [
    report.verdict,
    ...table([
      ['', report.metric, 'settings'],
      ['defaults', report.baseline.mean.toFixed(4), report.baseline.description],
      ['chosen', report.chosen.mean.toFixed(4), report.chosen.description],
      ['highest', report.best.mean.toFixed(4), report.best.description],
    ]),
    `${report.configurations} configurations replayed in ${report.seconds.replay.toFixed(1)} s, ${report.flat} cannot be told from the highest`,
    ...judgement.sets.map(
      (set) =>
        `${set.dataset}, ${set.queries} queries ${set.how}: ${set.baselineMean.toFixed(4)} to ${set.mean.toFixed(4)}, ${signed(set.difference)} [${set.interval.map(signed).join(', ')}], p ${set.adjustedPValue.toFixed(4)} (Holm)`,
    ),
    ...report.leaveOneSetOut.map(
      ({ dataset, difference, interval, chosen }) =>
        `Chosen without ${dataset}: ${signed(difference)} [${interval.map(signed).join(', ')}] on it, by ${chosen}`,
    ),
    ...(report.leftOutPooled === undefined
      ? []
      : [
          `All sets left out: ${signed(report.leftOutPooled.difference)} [${report.leftOutPooled.interval.map(signed).join(', ')}], p ${report.leftOutPooled.pValue.toFixed(4)}`,
        ]),
    ...report.steps.flatMap((step) => [
      ...step.tried
        .slice(1)
        .map(
          (option) =>
            `${option.description}: ${signed(option.difference)} [${option.interval.map(signed).join(', ')}] on ${step.training} training queries`,
        ),
      `Step ${step.step}: ${step.chosen === undefined ? '' : `${step.chosen}, `}${step.verdict}${step.judgement === undefined ? '' : `: ${signed(step.judgement.difference)} [${step.judgement.interval.map(signed).join(', ')}], p ${step.adjustedPValue!.toFixed(4)} (Holm)`}`,
    ]),
    ...report.classes.map((entry) => `Class ${entry.class}: ${entry.verdict}`),
    `Standard deviation of a query's difference: ${judgement.deviation.toFixed(3)} (bench plan --deviation)`,
    `${report.checked.differing} of ${report.checked.queries} searches differed from the replay, by ${report.checked.largest.toFixed(4)} at most`,
    ...report.notes.map((note) => `Note: ${note}`),
  ];
}

/** Says whether the settings were written: without a winner a file of that name is an older run's. */
export function describeFile({ out }: Pick<TuningReport, 'out'>, wanted: string | undefined): string[] {
  if (out !== undefined) return [`Wrote ${out}`];
  return wanted === undefined ? [] : [`Did not write ${wanted}: no winner is proven, the defaults stay`];
}
