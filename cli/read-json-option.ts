import { readFile } from 'node:fs/promises';
import { InvalidInput } from '../domain/errors.ts';

/**
 * Reads the value of an option that takes JSON: the JSON itself, the path of a file, or `-` for stdin.
 * @throws {InvalidInput} naming the option
 */
export async function readJsonOption(option: string, given: string): Promise<unknown> {
  const isJson = /^\s*[[{"]/.test(given);
  const text = isJson ? given : await readText(option, given);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidInput(option, `Cannot read ${option}: ${reason}`, { cause: error });
  }
}

/** Reads an option's JSON object. */
export async function readJsonObject(option: string, given: string): Promise<Record<string, unknown>> {
  const value = await readJsonOption(option, given);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput(option, `Expected ${option} to be a JSON object, a file that holds one, or "-"`);
  }
  return value as Record<string, unknown>;
}

async function readText(option: string, path: string): Promise<string> {
  try {
    return path === '-' ? await readStdin() : await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidInput(
      option,
      `Cannot read ${option}: "${path}" is no JSON object and no readable file`,
      {
        cause: error,
      },
    );
  }
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
