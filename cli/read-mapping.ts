import { readSettingsFile } from '../config.ts';
import { InvalidConfiguration, InvalidInput } from '../domain/errors.ts';

/**
 * Reads a mapping file, YAML or JSON; the reader of its format checks what it says.
 * @throws {InvalidInput} when it cannot be read
 */
export async function readMapping(path: string): Promise<unknown> {
  try {
    return await readSettingsFile(path);
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    throw new InvalidInput('--mapping', error.message.replace('configuration file', 'mapping file'), {
      cause: error,
    });
  }
}
