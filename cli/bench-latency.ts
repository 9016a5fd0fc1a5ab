import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HttpServer, LatencySettings } from '../benchmarks/latency/run-latency-benchmark.ts';
import { loadConfig } from '../config.ts';
import { type CommandContext, type CommandRunner, list, number, wholeNumber } from './command-context.ts';
import { braidOpener } from './open-braid.ts';
import { withProgress } from './progress.ts';

interface LatencyOptions {
  readonly chunks: number;
  readonly tenants: number;
  readonly rates?: readonly number[];
  readonly seconds: number;
  readonly warmUp: number;
  readonly selectivities: readonly number[];
  readonly over: 'library' | 'http';
}

/** Adds `bench latency`. */
export function addLatencyCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('latency')
    .description('how long searches take at a given rate, beside the same legs without Braid')
    .option('--chunks <n>', 'synthetic chunks of all tenants', wholeNumber(100, 10_000_000), 20_000)
    .option('--tenants <n>', 'tenants, of sizes by Zipf’s law', wholeNumber(1, 10_000), 20)
    .option(
      '--rates <list>',
      'requests a second (default: doubling from 5 until saturation)',
      numbers(0.1, 1e5),
    )
    .option('--seconds <n>', 'of each rate', number(1, 3_600), 15)
    .option('--warm-up <n>', 'seconds before', number(0, 3_600), 5)
    .option(
      '--selectivities <list>',
      'shares that filters let through, in turns',
      numbers(0.001, 1),
      [1, 0.1],
    )
    .addOption(new Option('--over <way>').choices(['library', 'http']).default('library'))
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench latency --engine opensearch --over http --rates 10,20,40',
    )
    .action(runner(measure));
}

function numbers(minimum: number, maximum: number): (text: string) => number[] {
  return (text) => {
    const read = number(minimum, maximum);
    const values = list(text).map(read);
    if (values.length === 0) throw new InvalidArgumentError('Expected numbers between commas');
    return values;
  };
}

async function measure(context: CommandContext, options: LatencyOptions): Promise<void> {
  const config = await loadConfig(context.loadOptions());
  const { runLatencyBenchmark } = await import('../benchmarks/latency/run-latency-benchmark.ts');
  const { warmUp, ...others } = options;
  const report = await withProgress(context.terminal, `Measuring latency on ${config.engine}`, (say) =>
    runLatencyBenchmark(
      {
        ...others,
        warmUpSeconds: warmUp,
        engine: config.engine,
        data: config.data,
        opensearchUrl: config.opensearch.url,
        onProgress: say,
      },
      braidOpener(context),
      (settings) => serve(settings, config.opensearch.url),
    ),
  );
  context.terminal.result(report, [
    report.verdict,
    ...report.rates.flatMap(({ rate, series, late, sent, isRejected, isSaturated }) =>
      series.map(
        (one) =>
          `${rate}/s ${one.name.padEnd(6)} p50 ${one.p50.toFixed(1)}  p95 ${one.p95.toFixed(1)}  p99 ${one.p99.toFixed(1)}  p99.9 ${one.p999.toFixed(1)} ms, ${one.errors} errors, ${late} of ${sent} late${isRejected ? ', REJECTED' : ''}${isSaturated ? ', saturated' : ''}`,
      ),
    ),
    ...report.stages.map(
      ({ stage, p50, p95 }) => `${stage.padEnd(10)} p50 ${p50.toFixed(2)}  p95 ${p95.toFixed(2)} ms`,
    ),
    ...report.recall.map(
      ({ selectivity, recall, k }) =>
        `recall@${k} of filtered k-NN at ${selectivity * 100} %: ${recall.toFixed(4)}`,
    ),
  ]);
}

/** A `serve` of its own, on a free port, with the benchmark's data. */
async function serve({ engine, data, opensearch }: LatencySettings, url: string): Promise<HttpServer> {
  // The program that runs now, whichever form of it that is.
  const main = process.argv[1]!;
  const tellCpu = new URL(`../benchmarks/latency/tell-cpu${extname(import.meta.url)}`, import.meta.url);
  const child = spawn(
    process.execPath,
    ['--import', tellCpu.href, main, 'serve', '--port', '0', '--json', '--engine', engine, '--data', data],
    {
      env: {
        PATH: '',
        OPENSEARCH_URL: url,
        BRAID_OPENSEARCH_INDEX_PREFIX: opensearch.indexPrefix,
        BRAID_SERVER_CONCURRENCY: '256',
        BRAID_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  let text = '';
  const { stdout } = child;
  if (stdout === null) throw new Error('The server has no output to read its address from');
  stdout.setEncoding('utf8');
  const answered = (async () => {
    for await (const piece of stdout) {
      text += piece as string;
      const address = /"url":\s*"([^"]+)"/.exec(text)?.[1];
      if (address !== undefined) return address;
    }
    throw new Error(`The server ended before it answered: ${text}`);
  })();
  const address = await answered;
  return {
    url: address,
    async cpuMicroseconds() {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(10_000) });
      child.send('cpu');
      const [{ cpuMicroseconds }] = (await answer) as [{ readonly cpuMicroseconds: number }];
      return cpuMicroseconds;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
