import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CommandRunner } from './command-context.ts';

interface ReportOptions {
  readonly out: string;
  readonly title?: string;
}

interface GateOptions {
  readonly baseline: string;
  readonly metric: string;
  readonly junit?: string;
}

/** Adds `bench report` and `bench gate`. */
export function addReportCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('report <file...>')
    .description('one report of what benchmarks printed or wrote: report.html, report.md, report.json')
    .option('--out <folder>', 'where to write', 'report')
    .option('--title <text>')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench report runs/report.json tuning.json latency.json --out report',
    )
    .action(
      runner(async (context, { out, title }: ReportOptions, files) => {
        const [{ readReports }, { writeReport }] = await Promise.all([
          import('../benchmarks/report/read-reports.ts'),
          import('../benchmarks/report/write-report.ts'),
        ]);
        const reports = (await Promise.all(files.map(readReports))).flat();
        const written = await writeReport(out, reports, title);
        context.terminal.result(written, [written.verdict, `Wrote ${written.html}`]);
      }),
    );
  bench
    .command('gate <file>')
    .description('exit 1 when quality fell significantly or CPU time a query grew by more than 10 %')
    .requiredOption('--baseline <file>', 'report.json of an earlier run')
    .option('--metric <name>', 'what may not fall', 'ndcg@10')
    .option('--junit <file>', 'write the checks as JUnit XML')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench gate runs/report.json --baseline baseline.json --junit gate.xml',
    )
    .action(
      runner(async (context, { baseline, metric, junit }: GateOptions, [file]) => {
        const [{ judgeGate }, { toJunit }, { readRelevanceReport }] = await Promise.all([
          import('../benchmarks/gate/judge-gate.ts'),
          import('../benchmarks/gate/to-junit.ts'),
          import('../benchmarks/report/read-reports.ts'),
        ]);
        const report = judgeGate(
          await readRelevanceReport(file!),
          await readRelevanceReport(baseline),
          metric,
        );
        if (junit !== undefined) await writeFile(junit, toJunit(report));
        context.terminal.result(report, [
          ...report.checks.map(
            ({ name, isPassed, detail }) => `${isPassed ? 'passed' : 'FAILED'}  ${name}: ${detail}`,
          ),
          report.isPassed ? 'The gate is open' : 'The gate is shut',
        ]);
        return report.isPassed ? 0 : 1;
      }),
    );
}
