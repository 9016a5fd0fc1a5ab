import type { Braid } from '../braid.ts';
import { type Config, loadConfig, type PartialConfig } from '../config.ts';
import type { CommandContext } from './command-context.ts';

/** Opens Braid as the command line asks, lends it to `use`, and closes it whatever happens. */
export async function withBraid<T>(
  context: CommandContext,
  use: (braid: Braid, config: Config) => Promise<T>,
  overrides?: PartialConfig,
): Promise<T> {
  const config = await loadConfig(context.loadOptions(overrides));
  // Imported when it is needed: engines and models take a while, `--help` and usage errors should not.
  const { createBraid } = await import('../braid.ts');
  const braid = await createBraid(config);
  try {
    return await use(braid, config);
  } finally {
    await braid.close();
  }
}
