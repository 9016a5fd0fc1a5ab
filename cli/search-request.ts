import { InvalidInput } from '../domain/errors.ts';
import { checkFilter } from '../domain/filter.ts';
import type { SearchRequest } from '../domain/search.ts';
import { readJsonObject } from './read-json-option.ts';

/** The options that shape a search; each wins over the same field of `--request`. */
export interface SearchOptions {
  readonly topK?: number;
  readonly filter?: string;
  readonly request?: string;
  readonly principal?: readonly string[];
}

/**
 * Builds the request of `search`: the object of `--request`, over it the text and the options.
 * What the request may hold is checked where it is carried out.
 * @throws {InvalidInput}
 */
export async function buildSearchRequest(
  text: string | undefined,
  options: SearchOptions,
): Promise<SearchRequest> {
  const given = options.request === undefined ? {} : await readJsonObject('--request', options.request);
  const request = { ...given, ...(await readSearchFields(options)), ...chooseText('query', text, given) };
  return request as SearchRequest;
}

/** The fields that `--top-k` and `--filter` set. */
export async function readSearchFields(
  options: SearchOptions,
): Promise<Pick<SearchRequest, 'topK' | 'filter'>> {
  return {
    ...(options.topK !== undefined && { topK: options.topK }),
    ...(options.filter !== undefined && {
      filter: checkFilter(await readJsonObject('--filter', options.filter), '--filter'),
    }),
  };
}

/** Takes the text from the command line or the request; where both have one they must agree. */
export function chooseText<Field extends 'query' | 'question'>(
  field: Field,
  text: string | undefined,
  request: Record<string, unknown>,
): { readonly [Name in Field]?: string } {
  if (text === undefined && request[field] === undefined) {
    throw new InvalidInput(field, `Expected TEXT, or --request with "${field}", got neither`);
  }
  if (text !== undefined && request[field] !== undefined && request[field] !== text) {
    throw new InvalidInput(
      field,
      `Expected TEXT and "${field}" of --request to agree, got two different texts`,
    );
  }
  return (text === undefined ? {} : { [field]: text }) as { readonly [Name in Field]?: string };
}
