import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';

export interface SampleDocument {
  readonly path: string;
  /** The extension, without its dot and in lower case. */
  readonly format: string;
  /** Of a Markdown file that says what its text should be. */
  readonly reference?: string;
}

/** What is looked for, the formats that are refused by name included. */
const formats = new Set(
  `md html htm xhtml txt csv tsv json jsonl ndjson pdf docx xlsx pptx odt ods odp epub rtf eml msg doc xls ppt xlsb`.split(
    /\s+/,
  ),
);

/**
 * Finds all documents below the paths, by path. The reference of `a.docx` is `a.docx.md`, beside it or in a folder
 * `groundtruth` beside its own folder; that of a printed `a.odt.pdf` may be `a.odt.md`.
 * @throws {InvalidInput} for a path that does not exist or holds no document
 */
export async function findDocuments(paths: readonly string[]): Promise<SampleDocument[]> {
  const found: SampleDocument[] = [];
  for (const path of paths) {
    const status = await stat(path).catch((cause: Error) => {
      throw new InvalidInput('path', `Cannot read ${path}: it does not exist`, { cause });
    });
    if (!status.isDirectory()) found.push(toSample(path));
    else {
      for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
        const file = join(entry.parentPath, entry.name);
        if (entry.isFile() && formats.has(formatOf(file)) && !isReference(file)) found.push(toSample(file));
      }
    }
  }
  if (found.length === 0) {
    throw new InvalidInput('path', `Expected documents below ${paths.join(', ')}, found none`);
  }
  return found.sort((left, right) => (left.path < right.path ? -1 : 1));
}

function toSample(path: string): SampleDocument {
  const name = basename(path);
  const folder = dirname(path);
  const names = [`${name}.md`, ...(/\.\w+\.pdf$/i.test(name) ? [`${name.slice(0, -4)}.md`] : [])];
  const reference = [folder, join(folder, '..', 'groundtruth')]
    .flatMap((place) => names.map((file) => join(place, file)))
    .find(existsSync);
  return { path, format: formatOf(path), ...(reference !== undefined && { reference }) };
}

function isReference(path: string): boolean {
  if (formatOf(path) !== 'md') return false;
  if (basename(dirname(path)) === 'groundtruth') return true;
  return formats.has(formatOf(path.slice(0, -3))) && existsSync(path.slice(0, -3));
}

function formatOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}
