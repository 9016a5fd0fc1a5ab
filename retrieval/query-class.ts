import type { QueryClass } from '../domain/search.ts';

/** Up to so many words a query is short, from so many on long. */
const shortWords = 3;
const longWords = 12;

// Queries come from anyone: no pattern here has two parts that could share out the same characters between them.
const quoted = /"[^"]+"|“[^“”]+”|„[^„“”]+[“”]|«[^«»]+»/u;

/** What people write who look for a name in a program, a part number or a path, as patterns of one word. */
const codeLike: readonly RegExp[] = [
  /[\p{L}\d]_[\p{L}\d]/u, // parse_json
  /^\p{Ll}+\p{Lu}/u, // getUser
  /\p{L}::\p{L}/u, // std::move
  /\(\)|\p{L}\.\p{L}+\(/u, // close(), file.read(
  /^--?\p{L}/u, // --flag
  /^\.{0,2}\/[\w.-]/u, // /etc/hosts
  /^\p{L}{1,12}[-_]?\d{3}/u, // ERR-4012
  /^0x[\dA-Fa-f]/u,
  /[{}]|=>|[!=]=|&&|\|\|/u,
];

/**
 * Tells the class of a query, the first that fits: `quoted` (a phrase in quotation marks), `code` (a name of a program, a
 * part number, a path), `short` (up to 3 words), `long` (12 words or more). Undefined for all others. Pure.
 */
export function classifyQuery(query: string): QueryClass | undefined {
  if (quoted.test(query)) return 'quoted';
  const parts = query.split(/\s+/u);
  if (parts.some((part) => codeLike.some((pattern) => pattern.test(part)))) return 'code';
  const words = parts.filter((part) => /[\p{L}\p{N}]/u.test(part)).length;
  if (words <= shortWords) return 'short';
  return words >= longWords ? 'long' : undefined;
}
