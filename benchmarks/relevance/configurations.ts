import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { InvalidInput } from '../../domain/errors.ts';
import type { SearchRequest } from '../../domain/search.ts';

/** A search request that is measured, under the name that its figures and its run file bear. */
export interface Configuration {
  /** 1 to 64 characters of `[A-Za-z0-9._-]`, not beginning with a dot: it becomes a file name. */
  readonly name: string;
  readonly request: Omit<SearchRequest, 'query' | 'cursor'>;
}

const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** The legs alone, and both by the API's defaults. */
export const defaultConfigurations: readonly Configuration[] = [
  { name: 'lexical', request: { dense: { weight: 0 } } },
  { name: 'dense', request: { lexical: { weight: 0 } } },
  { name: 'hybrid', request: {} },
];

/**
 * Reads named search requests from a YAML (or JSON) file: a map from name to request without query and cursor.
 * The requests themselves are checked where they are carried out.
 * @throws {InvalidInput} when the file is something else
 */
export async function readConfigurations(file: string): Promise<Configuration[]> {
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InvalidInput('configurations', `Cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!isMap(content) || Object.keys(content).length === 0) {
    throw new InvalidInput('configurations', `Expected ${file} to be a map from name to search request`);
  }
  return Object.entries(content).map(([name, request]) => {
    if (!namePattern.test(name)) {
      throw new InvalidInput(
        'configurations',
        `Expected names in ${file} to be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_" and "-", got ${JSON.stringify(name)}`,
      );
    }
    const filled = request ?? {};
    if (!isMap(filled) || 'query' in filled || 'cursor' in filled) {
      throw new InvalidInput(
        'configurations',
        `Expected "${name}" in ${file} to be a search request without query and cursor`,
      );
    }
    return { name, request: filled };
  });
}

/**
 * Completes a configuration to a run of `depth` documents: what the request does not say becomes `topK` and
 * `candidates` of the run's depth, and one hit a document. A request that names fewer candidates is measured less deep.
 */
export function deepen({ request }: Configuration, depth: number): Omit<SearchRequest, 'query' | 'cursor'> {
  const { lexical, dense, rerank } = request;
  const limits = [lexical?.candidates, dense?.candidates, rerank ? rerank.candidates : undefined];
  const topK = request.topK ?? Math.min(depth, ...limits.filter((limit) => limit !== undefined));
  const candidates = Math.max(depth, topK);
  return {
    collapse: 'document',
    ...request,
    topK,
    lexical: { candidates, ...request.lexical },
    dense: { candidates, ...request.dense },
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
