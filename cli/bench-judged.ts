import { InvalidInput } from '../domain/errors.ts';

/** What a benchmark is judged by: a dataset, or judgements of the user's own index with the texts of their queries. */
export interface JudgedOptions {
  readonly dataset?: unknown;
  readonly judgements?: unknown;
  readonly queries?: unknown;
}

/** @throws {InvalidInput} for both or neither, and for queries that nothing would read */
export function checkJudged({ dataset, judgements, queries }: JudgedOptions): void {
  if ((dataset === undefined) === (judgements === undefined)) {
    throw new InvalidInput('--dataset', 'Expected either --dataset or --judgements');
  }
  if (queries !== undefined && judgements === undefined) {
    throw new InvalidInput('--queries', 'Expected --queries with --judgements, a dataset has its own');
  }
}
