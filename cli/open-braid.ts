import type { Braid } from '../braid.ts';
import { type Config, loadConfig, type PartialConfig } from '../config.ts';
import type { CommandContext } from './command-context.ts';

/** Opens Braid as the command line asks, lends it to `use`, and closes it whatever happens. */
export async function withBraid<T>(
  context: CommandContext,
  use: (braid: Braid, config: Config) => Promise<T>,
  overrides?: PartialConfig,
): Promise<T> {
  const { braid, config } = await openBraid(context, overrides);
  try {
    return await use(braid, config);
  } finally {
    await braid.close();
  }
}

/** Opens a Braid of its own for each part of a benchmark, which closes it. */
export function braidOpener(context: CommandContext): (overrides?: PartialConfig) => Promise<Braid> {
  return async (overrides) => (await openBraid(context, overrides)).braid;
}

async function openBraid(
  context: CommandContext,
  overrides: PartialConfig | undefined,
): Promise<{ readonly braid: Braid; readonly config: Config }> {
  const config = await loadConfig(context.loadOptions(overrides));
  // Imported when it is needed: engines and models take a while, `--help` and usage errors should not.
  const { createBraid } = await import('../braid.ts');
  return { braid: await createBraid(config), config };
}
