import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import { idOf, type JsonLine, readJsonLines, textOf } from '../relevance/read-json-lines.ts';
import { parsePlainText } from './parse-plain-text.ts';

/** Texts, and questions whose answers are marked in them. */
export interface QuestionSet {
  /** The folder's name. */
  readonly name: string;
  readonly texts: readonly { readonly textId: string; readonly content: string }[];
  readonly questions: readonly Question[];
}

export interface Question {
  readonly questionId: string;
  readonly question: string;
  readonly textId: string;
  /** [start, end) in the parsed text, UTF-16 code units. */
  readonly excerpts: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Reads a folder of `corpora/<id>.md` and `queries.jsonl`, whose lines are `{ _id, text, corpus_id, references }` with
 * references of `{ content, start_index, end_index }` in code points of the file.
 * @throws {InvalidInput} for malformed lines, and for a reference whose content does not stand where it says
 */
export async function readQuestions(folder: string): Promise<QuestionSet> {
  const texts = await readTexts(join(folder, 'corpora'));
  const places = new Map(texts.map(({ textId, content }) => [textId, createPlaces(content)]));
  const questions: Question[] = [];
  for await (const line of readJsonLines(join(folder, 'queries.jsonl'))) {
    const textId = textOf(line, 'corpus_id');
    const found = places.get(textId);
    if (found === undefined) {
      throw new InvalidInput('dataset', `Expected corpus_id of ${line.place} to be a file, got "${textId}"`);
    }
    questions.push({
      questionId: idOf(line),
      question: textOf(line, 'text'),
      textId,
      excerpts: referencesOf(line).map((reference) => found.excerptOf(reference, line.place)),
    });
  }
  if (questions.length === 0) throw new InvalidInput('dataset', `Expected questions in ${folder}, got none`);
  return { name: basename(resolve(folder)), texts, questions };
}

async function readTexts(folder: string): Promise<{ textId: string; content: string }[]> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new InvalidInput('dataset', `Cannot read ${folder}: ${cause.message}`, { cause });
  });
  return Promise.all(
    names.sort().map(async (name) => ({
      textId: basename(name, extname(name)),
      content: await readFile(join(folder, name), 'utf8'),
    })),
  );
}

interface Reference {
  readonly content: string;
  readonly start_index: number;
  readonly end_index: number;
}

function referencesOf({ value, place }: JsonLine): Reference[] {
  const given: unknown = value.references;
  if (Array.isArray(given) && given.length > 0 && given.every(isReference)) return given;
  throw new InvalidInput(
    'dataset',
    `Expected references of ${place} to be a list of { content, start_index, end_index }`,
  );
}

function isReference(given: unknown): given is Reference {
  if (typeof given !== 'object' || given === null) return false;
  const { content, start_index, end_index } = given as Partial<Record<string, unknown>>;
  return typeof content === 'string' && Number.isInteger(start_index) && Number.isInteger(end_index);
}

/** Finds code points of a file in the text that parsing makes of it. */
function createPlaces(content: string) {
  const parsed = parsePlainText(content).text;
  const isPlain = parsed === content && !/[\ud800-\udfff]/.test(content);
  const points = isPlain ? [] : Array.from(content);
  const placeOf = (index: number): number =>
    isPlain ? index : parsePlainText(points.slice(0, index).join('')).text.length;
  return {
    excerptOf({ content: wanted, start_index, end_index }: Reference, place: string) {
      const start = placeOf(start_index);
      const end = placeOf(end_index);
      const there = parsed.slice(start, end);
      if (there === parsePlainText(wanted).text && there.trim() !== '') return { start, end };
      throw new InvalidInput(
        'dataset',
        `Expected a reference of ${place} to stand at ${start_index} to ${end_index}, found ${JSON.stringify(there.slice(0, 60))}`,
      );
    },
  };
}
