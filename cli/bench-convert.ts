import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { convertFile, type FormatName, formatNames, parseQueryTexts } from '../benchmarks/formats/convert.ts';
import { readText } from '../benchmarks/formats/judgement-formats.ts';
import type { CommandRunner } from './command-context.ts';

interface Options {
  readonly from: FormatName;
  readonly to: FormatName;
  readonly queries?: string;
  readonly out?: string;
}

/** Adds `bench convert`. */
export function addConvertCommand(bench: Command, runner: CommandRunner): void {
  bench
    .command('convert <file>')
    .description('bring judgements, runs or queries from one format into another')
    .addOption(new Option('--from <format>').choices(formatNames).makeOptionMandatory())
    .addOption(new Option('--to <format>').choices(formatNames).makeOptionMandatory())
    .option('--queries <file>', 'queries.jsonl, where one side knows queries by id and the other by text')
    .option('--out <file>', 'where to write (default: stdout)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run -s braid -- bench convert ratings.csv --from quepid --to trec --queries queries.jsonl',
    )
    .action(
      runner(async (context, options: Options, [file]) => {
        const queries =
          options.queries === undefined
            ? undefined
            : parseQueryTexts(await readText(options.queries), options.queries);
        const text = await convertFile(file!, options.from, options.to, queries);
        if (options.out !== undefined) await writeFile(options.out, text);
        context.terminal.result(
          options.out === undefined ? { text } : { out: options.out },
          options.out === undefined ? [text.trimEnd()] : [`Wrote ${options.out}`],
        );
      }),
    );
}
