import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { InvalidInput } from '../../domain/errors.ts';

/** One line of a JSON-lines file: its object, and where it stands, for messages. */
export interface JsonLine {
  readonly value: Readonly<Record<string, unknown>>;
  /** `corpus.jsonl:12` */
  readonly place: string;
}

/**
 * Reads a file of one JSON object a line, as a stream; blank lines are passed over.
 * @throws {InvalidInput} naming the line that is not a JSON object, or the file that cannot be read
 */
export async function* readJsonLines(file: string): AsyncGenerator<JsonLine> {
  const input = createReadStream(file, 'utf8');
  let lineNumber = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      lineNumber += 1;
      const text = lineNumber === 1 ? line.replace(/^\uFEFF/, '') : line;
      if (text.trim() === '') continue;
      const place = `${file}:${lineNumber}`;
      yield { value: parseObject(text, place), place };
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw new InvalidInput('dataset', `Cannot read ${file}: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    input.destroy();
  }
}

/**
 * Returns the `_id` of a line, which BEIR writes as a string and some exports as a whole number.
 * @throws {InvalidInput} naming the line without one
 */
export function idOf({ value, place }: JsonLine): string {
  const id = value._id;
  if (typeof id === 'string' && id !== '') return id;
  if (typeof id === 'number' && Number.isSafeInteger(id)) return String(id);
  throw new InvalidInput('dataset', `Expected _id of ${place} to be a string, got ${JSON.stringify(id)}`);
}

/**
 * Returns a text field of a line, the empty string where it is absent.
 * @throws {InvalidInput} when it is something else than a string
 */
export function textOf({ value, place }: JsonLine, field: string): string {
  const text = value[field] ?? '';
  if (typeof text === 'string') return text;
  throw new InvalidInput('dataset', `Expected ${field} of ${place} to be a string, got ${typeof text}`);
}

function parseObject(line: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InvalidInput('dataset', `Expected ${place} to be JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput('dataset', `Expected ${place} to be a JSON object`);
  }
  return value as Readonly<Record<string, unknown>>;
}
