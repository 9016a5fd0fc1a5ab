import type { z } from '@hono/zod-openapi';
import { InvalidInput } from '../domain/errors.ts';
import type { Exact } from './schemas/exact.ts';

type Issue = z.core.$ZodIssue;

/** One thing that is wrong, and where. */
interface Finding {
  readonly issue: Issue;
  readonly path: readonly PropertyKey[];
  /** How many things the same branch of a union finds wrong. */
  readonly issues: number;
}

/**
 * Checks a value by its schema.
 * @throws {InvalidInput} naming the path of the first thing that is wrong
 */
export function checkInput<S extends z.ZodType>(
  schema: S,
  value: unknown,
  name: 'body' | 'query',
): Exact<z.output<S>> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data as Exact<z.output<S>>;
  const { issue, path } = mostTelling(result.error.issues, []);
  if (issue.code === 'custom' && issue.params?.error instanceof InvalidInput) throw issue.params.error;
  if (issue.code === 'unrecognized_keys') {
    const unknown = pathText([...path, issue.keys[0] ?? '']);
    throw new InvalidInput(unknown, `Unknown field ${unknown}`);
  }
  const field = pathText(path) || name;
  throw new InvalidInput(field, `Expected ${field} to be ${wanted(issue)}, got ${shown(issue.input)}`);
}

/** Of a union, the branch that got furthest with the least wrong is the one that the caller meant. */
function mostTelling(issues: readonly Issue[], base: readonly PropertyKey[]): Finding {
  const issue = issues[0]!;
  const path = [...base, ...issue.path];
  const union: Finding = { issue, path, issues: issues.length };
  if (issue.code !== 'invalid_union') return union;
  const branches = issue.errors
    .filter((branch) => branch.length > 0)
    .map((branch) => ({ ...mostTelling(branch, path), issues: branch.length }))
    .sort((left, right) => right.path.length - left.path.length || left.issues - right.issues);
  const [best, next] = branches;
  if (best === undefined || best.path.length === path.length) return union;
  const isTie = next?.path.length === best.path.length && next.issues === best.issues;
  return isTie ? union : best;
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'too_small':
      return `${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return issue.message === 'Invalid input' ? 'of a documented form' : issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function unitOf(origin: string): string {
  if (origin === 'string') return ' in length';
  return origin === 'array' ? ' in number' : '';
}

function shown(input: unknown): string {
  if (input === undefined) return 'nothing';
  if (input === null || typeof input === 'number' || typeof input === 'boolean') return String(input);
  if (typeof input === 'string') {
    return input.length <= 50 ? JSON.stringify(input) : `a string of ${input.length} characters`;
  }
  return Array.isArray(input) ? `a list of ${input.length}` : 'an object';
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
