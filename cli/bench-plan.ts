import type { Command } from 'commander';
import { detectableGain, queriesNeeded } from '../benchmarks/statistics/power.ts';
import { InvalidInput } from '../domain/errors.ts';
import { table } from './bench-table.ts';
import { type CommandRunner, number, wholeNumber } from './command-context.ts';

interface Options {
  readonly gain?: number;
  readonly queries?: number;
  readonly deviation: number;
  readonly power: number;
}

/** Of nDCG@10 differences between two hybrid configurations: between .10 and .15 on the sets of docs/benchmarks.md. */
const usualDeviation = 0.13;

/** Adds `bench plan`. */
export function addPlanCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('plan')
    .description('how many judged queries show a gain, or how large a gain so many queries show')
    .option('--gain <n>', 'gain of the metric, such as 0.02', number(1e-6, 1))
    .option('--queries <n>', 'judged queries', wholeNumber(2, 100_000_000))
    .option(
      '--deviation <n>',
      "standard deviation of a query's difference between two configurations; `bench tune` prints yours",
      number(1e-6, 2),
      usualDeviation,
    )
    .option('--power <n>', 'probability of seeing a gain that is there', number(0.5, 0.999), 0.8)
    .addHelpText('after', '\nExample:\n  $ npm run -s braid -- bench plan --gain 0.02')
    .action(
      runner(async (context, { gain, queries, deviation, power }: Options) => {
        if ((gain === undefined) === (queries === undefined)) {
          throw new InvalidInput('--gain', 'Expected either --gain or --queries');
        }
        const options = { power };
        const gains = gain !== undefined ? [gain] : [0.005, 0.01, 0.02, 0.03, 0.05];
        const plan = {
          deviation,
          power,
          alpha: 0.05,
          ...(queries !== undefined && {
            queries,
            detectableGain: detectableGain(queries, deviation, options),
          }),
          queriesNeeded: gains.map((size) => ({
            gain: size,
            queries: queriesNeeded(size, deviation, options),
          })),
        };
        context.terminal.result(plan, [
          ...(plan.detectableGain === undefined
            ? []
            : [`${queries} queries show a gain of ${plan.detectableGain.toFixed(4)} or more`]),
          ...table([
            ['gain', 'queries'],
            ...plan.queriesNeeded.map((row) => [String(row.gain), String(row.queries)]),
          ]),
          `Two-sided test at 5 %, power ${power}, standard deviation of differences ${deviation}`,
        ]);
      }),
    );
}
