import type { AnswerEvent, AnswerResponse } from '../domain/answer.ts';

/** Reads an answer's stream to its end and returns the whole answer. */
export async function collectAnswer(events: AsyncIterable<AnswerEvent>): Promise<AnswerResponse> {
  let response: AnswerResponse | undefined;
  for await (const event of events) if (event.type === 'done') response = event.response;
  if (response === undefined)
    throw new Error('Cannot answer: the stream of the answer ended before it was done');
  return response;
}
