import type { Command } from 'commander';
import { maskSecrets, resolveConfig, settingVariables } from '../config.ts';
import type { CommandRunner } from './command-context.ts';

const variableWidth = Math.max(...settingVariables.map(({ variable }) => variable.length));

/** Adds `config`: the configuration as it was resolved, secrets masked, and where each setting came from. */
export function addConfigCommand(program: Command, runner: CommandRunner): void {
  program
    .command('config')
    .description('show the resolved configuration, secrets masked')
    .addHelpText(
      'after',
      [
        '',
        'Settings come from braid.config.* or --config FILE, then from the environment, then from the command line:',
        ...settingVariables.map(
          ({ variable, setting, form }) => `  ${variable.padEnd(variableWidth)}  ${setting} (${form})`,
        ),
        '',
        'Example:',
        '  $ npm run -s braid -- config --engine opensearch',
      ].join('\n'),
    )
    .action(
      runner(async (context) => {
        const { config, originOf, unknownVariables } = await resolveConfig({
          ...context.loadOptions(),
          // As `serve` has it: the other commands log less by themselves.
          defaults: {},
        });
        for (const variable of unknownVariables) {
          context.terminal.detail(`note: environment variable ${variable} is no setting of Braid`);
        }
        const masked = maskSecrets(config);
        context.terminal.result(
          masked,
          leaves(masked).map(
            ([setting, value]) => `${setting} = ${JSON.stringify(value)}  (${originOf(setting)})`,
          ),
        );
      }),
    );
}

function leaves(section: object, path = ''): [setting: string, value: unknown][] {
  return Object.entries(section).flatMap(([name, value]: [string, unknown]) => {
    const setting = path === '' ? name : `${path}.${name}`;
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0
      ? leaves(value, setting)
      : [[setting, value] as [string, unknown]];
  });
}
