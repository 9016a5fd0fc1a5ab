import { describe, expect, it } from 'vitest';
import { startDeadline } from '../../api/deadline.ts';
import { problemOf } from '../../api/problem.ts';
import { streamAnswer } from '../../api/stream-answer.ts';
import type { AnswerEvent } from '../../domain/answer.ts';
import { InvalidInput, ModelUnavailable } from '../../domain/errors.ts';
import { answerEvents, answerResponse, hit } from './api-under-test.ts';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function streamed(events: AsyncIterable<AnswerEvent>, { heartbeatMs = 1_000, timeoutMs = 1_000 } = {}) {
  const deadline = startDeadline(timeoutMs, new AbortController().signal);
  return {
    deadline,
    stream: streamAnswer(events, { deadline, heartbeatMs, tellProblem: (error) => problemOf(error, 'r1') }),
  };
}

async function* inTurn(events: readonly AnswerEvent[]): AsyncGenerator<AnswerEvent> {
  yield* events;
}

/** The events of a stream as a client parses them; comments as their text. */
async function parsed(
  body: ReadableStream<Uint8Array>,
): Promise<(string | { event: string; data: unknown })[]> {
  const text = await new Response(body).text();
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      if (block.startsWith(':')) return block;
      const [event, data, ...others] = block.split('\n');
      expect(others).toEqual([]);
      return { event: event!.replace('event: ', ''), data: JSON.parse(data!.replace('data: ', '')) };
    });
}

describe('streamAnswer', () => {
  it('sends passages, text, citation, usage and done in order, each as one line of JSON', async () => {
    const { stream } = streamed(inTurn(answerEvents));
    const { body, ended } = await stream;
    expect(await parsed(body)).toEqual([
      { event: 'passages', data: { passages: [hit] } },
      { event: 'text', data: { text: 'Hello.\nSecond line' } },
      { event: 'citation', data: answerResponse.citations[0] },
      { event: 'usage', data: { usage: answerResponse.usage } },
      { event: 'done', data: answerResponse },
    ]);
    await ended;
  });

  it('sends a comment for each stretch of silence, and only then', async () => {
    async function* slow(): AsyncGenerator<AnswerEvent> {
      yield answerEvents[0]!;
      await pause(300);
      yield* answerEvents.slice(1);
    }
    const { body } = await streamed(slow(), { heartbeatMs: 30 }).stream;
    const told = (await parsed(body)).map((event) => (typeof event === 'string' ? ':' : event.event));
    expect(told.filter((name) => name !== ':')).toEqual(['passages', 'text', 'citation', 'usage', 'done']);
    // How many there are in that time is the machine's to say, where they stand is not.
    expect(told.lastIndexOf(':')).toBeLessThan(told.indexOf('text'));
    expect(told.slice(1, 3)).toEqual([':', ':']);
  });

  it('begins with a comment when the first event is long in coming', async () => {
    async function* late(): AsyncGenerator<AnswerEvent> {
      await pause(300);
      yield* answerEvents;
    }
    const { body } = await streamed(late(), { heartbeatMs: 35 }).stream;
    const events = await parsed(body);
    expect(events[0]).toBe(': still here');
    expect(events.length).toBeGreaterThan(answerEvents.length);
  });

  it('rejects with an error that comes before anything was sent', async () => {
    let isReturned = false;
    const failing: AsyncIterable<AnswerEvent> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          throw new InvalidInput('question', 'm');
        },
        return: async () => {
          isReturned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    await expect(streamed(failing).stream).rejects.toMatchObject({ field: 'question' });
    expect(isReturned).toBe(true);
  });

  it('ends with an error event when it fails later, and without done', async () => {
    async function* breaking(): AsyncGenerator<AnswerEvent> {
      yield answerEvents[0]!;
      throw new ModelUnavailable('The model is gone');
    }
    const { body, ended } = await streamed(breaking()).stream;
    const events = await parsed(body);
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({
      event: 'error',
      data: { type: 'urn:braid:problem:model_unavailable', status: 503, requestId: 'r1' },
    });
    await ended;
  });

  it('ends with an error event at the deadline, although the model hangs', async () => {
    async function* hanging(): AsyncGenerator<AnswerEvent> {
      yield answerEvents[0]!;
      await new Promise(() => {});
    }
    const { body } = await streamed(hanging(), { timeoutMs: 30 }).stream;
    const events = await parsed(body);
    expect(events[1]).toMatchObject({
      event: 'error',
      data: { type: 'urn:braid:problem:deadline_exceeded' },
    });
  });

  it('ends the work at the deadline where the reader stays and reads nothing', async () => {
    let isOver = false;
    async function* endless(): AsyncGenerator<AnswerEvent> {
      try {
        for (;;) yield { type: 'text', text: 'x' };
      } finally {
        isOver = true;
      }
    }
    const { ended } = await streamed(endless(), { timeoutMs: 30 }).stream;
    await ended;
    expect(isOver).toBe(true);
  });

  it('aborts the work when the reader leaves, and ends when the work has', async () => {
    let isOver = false;
    async function* endless(signal: AbortSignal): AsyncGenerator<AnswerEvent> {
      try {
        for (;;) {
          signal.throwIfAborted();
          yield { type: 'text', text: 'x' };
          await pause(5);
        }
      } finally {
        isOver = true;
      }
    }
    const deadline = startDeadline(1_000, new AbortController().signal);
    const { body, ended } = await streamAnswer(endless(deadline.signal), {
      deadline,
      heartbeatMs: 1_000,
      tellProblem: (error) => problemOf(error),
    });
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    expect(deadline.signal.aborted).toBe(true);
    await ended;
    expect(isOver).toBe(true);
  });
});
