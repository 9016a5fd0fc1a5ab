import type { Command } from 'commander';
import { addCalibrateCommand } from './bench-calibrate.ts';
import { addBenchChunking } from './bench-chunking.ts';
import { addCompareCommand } from './bench-compare.ts';
import { addConvertCommand } from './bench-convert.ts';
import { addGroundingCommand } from './bench-grounding.ts';
import { addIngestionCommand } from './bench-ingestion.ts';
import { addLatencyCommand } from './bench-latency.ts';
import { addBenchParsing } from './bench-parsing.ts';
import { addPlanCommand } from './bench-plan.ts';
import { addRelevanceCommand } from './bench-relevance.ts';
import { addReportCommand } from './bench-report.ts';
import { addTuneCommand } from './bench-tune.ts';
import type { CommandRunner } from './command-context.ts';

/** Adds `bench` and each of its benchmarks: see benchmarks/. */
export function addBenchCommand(program: Command, runner: CommandRunner): void {
  const bench = program
    .command('bench')
    .description('measure Braid; each benchmark has its method in benchmarks/');
  addRelevanceCommand(bench, runner);
  addCompareCommand(bench, runner);
  addConvertCommand(bench, runner);
  addTuneCommand(bench, runner);
  addCalibrateCommand(bench, runner);
  addPlanCommand(bench, runner);
  addLatencyCommand(bench, runner);
  addIngestionCommand(bench, runner);
  addReportCommand(bench, runner);
  addBenchParsing(bench, runner);
  addGroundingCommand(bench, runner);
  addBenchChunking(bench, runner);
}
