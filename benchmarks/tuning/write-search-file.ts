import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import type { SearchSettings } from '../../domain/search.ts';

/**
 * The text of a configuration file that `serve --config` takes as it is.
 * @param lines what a reader should know of it, one comment a line
 */
export function formatSearchFile(search: SearchSettings, lines: readonly string[]): string {
  // A name with a line end in it would end its comment.
  return `${lines.map((line) => `# ${line.replaceAll(/\s+/g, ' ')}\n`).join('')}${stringify({ search }, { flowCollectionPadding: true })}`;
}

/** Writes such a file, and the folder that it goes into where that is missing. */
export async function writeSearchFile(
  path: string,
  search: SearchSettings,
  lines: readonly string[],
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, formatSearchFile(search, lines));
}
