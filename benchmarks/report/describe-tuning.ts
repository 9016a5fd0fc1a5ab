import type { TuningReport } from '../tuning/tuning-report.ts';
import { surfaceChart } from './charts.ts';
import { renderChart } from './render-chart.ts';
import { type Block, signed, withInterval } from './report-parts.ts';

/** What was tried, what was chosen, and how it was judged. */
export async function describeTuning(report: TuningReport): Promise<Block[]> {
  const { judgement, baseline, chosen, best } = report;
  return [
    {
      kind: 'heading',
      text: `Tuning on ${report.datasets.map(({ name }) => name).join(', ')} (${report.engine})`,
    },
    { kind: 'text', text: report.verdict },
    {
      kind: 'table',
      columns: ['', 'settings', `${report.metric} on training queries`],
      rows: [
        ['defaults', baseline.description, baseline.mean.toFixed(4)],
        ['chosen', chosen.description, chosen.mean.toFixed(4)],
        ['highest', best.description, best.mean.toFixed(4)],
      ],
    },
    {
      kind: 'text',
      text: `${report.configurations} configurations, ${report.flat} of them within one standard error of the highest; the cheapest of these in the middle of its flat region is chosen.`,
    },
    {
      kind: 'chart',
      title: `Weight surface: filled points cannot be told from the highest, the diamond is chosen, the dashed line is the defaults`,
      svg: await renderChart(surfaceChart(report)),
    },
    {
      kind: 'table',
      columns: ['judged on', 'queries', 'how', 'defaults', 'chosen', 'difference', '95 %', 'p (Holm)'],
      rows: [
        ...judgement.sets.map((set) => [
          set.dataset,
          String(set.queries),
          set.how,
          withInterval(set.baselineMean, set.baselineInterval),
          withInterval(set.mean, set.meanInterval),
          signed(set.difference),
          `${signed(set.interval[0])} to ${signed(set.interval[1])}`,
          set.adjustedPValue.toFixed(4),
        ]),
        [
          'all sets alike',
          String(judgement.sets.reduce((sum, { queries }) => sum + queries, 0)),
          '',
          '',
          '',
          signed(judgement.difference),
          `${signed(judgement.interval[0])} to ${signed(judgement.interval[1])}`,
          `${judgement.pValue.toFixed(4)} (alpha ${judgement.alpha.toFixed(4)})`,
        ],
      ],
    },
    ...gains('Cross-validated on training queries, five folds', report.crossValidated),
    ...gains(
      'Leaving one set out: chosen on the others',
      report.leaveOneSetOut.map((gain) => ({ ...gain, dataset: `${gain.dataset} (${gain.chosen})` })),
    ),
    ...(report.classes.length === 0
      ? []
      : [
          {
            kind: 'table',
            columns: ['class', 'training queries', 'chosen', 'outcome'],
            rows: report.classes.map((entry) => [
              entry.class,
              String(entry.training),
              entry.chosen ?? '',
              entry.verdict,
            ]),
          } as const,
        ]),
    ...(report.steps.length === 0 ? [] : [stepsTable(report)]),
    {
      kind: 'list',
      items: [
        ...report.datasets
          .filter(({ leftOutOfTraining }) => leftOutOfTraining.length > 0)
          .map(
            ({ name, leftOutOfTraining }) =>
              `Left out of training on ${name}, since they stand among the test queries too: ${leftOutOfTraining.join(', ')}.`,
          ),
        `${report.checked.differing} of ${report.checked.queries} searches differed from the replay, by ${report.checked.largest.toFixed(4)} at most.`,
        ...report.notes,
        ...report.notReplayed.map((what) => `Not replayed: ${what}.`),
      ],
    },
  ];
}

function stepsTable({ steps }: TuningReport): Block {
  return {
    kind: 'table',
    columns: ['after the legs', 'training queries', 'difference', '95 %', 'outcome'],
    rows: steps.flatMap(({ tried, training, chosen, verdict }) => {
      const ways = tried.slice(1);
      const told = chosen ?? ways[0]?.description;
      return ways.map(({ description, difference, interval }) => [
        description,
        String(training),
        signed(difference),
        `${signed(interval[0])} to ${signed(interval[1])}`,
        description === told ? verdict : '',
      ]);
    }),
  };
}

function gains(title: string, given: TuningReport['crossValidated']): Block[] {
  if (given.length === 0) return [];
  return [
    {
      kind: 'table',
      columns: [title, 'queries', 'difference', '95 %'],
      rows: given.map(({ dataset, queries, difference, interval }) => [
        dataset,
        String(queries),
        signed(difference),
        `${signed(interval[0])} to ${signed(interval[1])}`,
      ]),
    },
  ];
}
