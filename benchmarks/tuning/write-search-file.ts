import { stringify } from 'yaml';
import type { SearchSettings } from '../../domain/search.ts';

/**
 * The text of a configuration file that `serve --config` takes as it is.
 * @param lines what a reader should know of it, one comment a line
 */
export function formatSearchFile(search: SearchSettings, lines: readonly string[]): string {
  return `${lines.map((line) => `# ${line}\n`).join('')}${stringify({ search }, { flowCollectionPadding: true })}`;
}
