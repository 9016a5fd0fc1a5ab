import type { AnswerEvent } from '../domain/answer.ts';
import type { Deadline } from './deadline.ts';
import type { Problem } from './problem.ts';

export interface StreamOptions {
  readonly deadline: Deadline;
  readonly heartbeatMs: number;
  /** Makes the problem of an error that comes when the stream has begun. */
  readonly tellProblem: (error: unknown) => Problem;
}

/** A response's body, and when the work behind it has ended. */
export interface AnswerStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly ended: Promise<unknown>;
}

const silence = Symbol('silence');
const encoder = new TextEncoder();
const heartbeat = encoder.encode(': still here\n\n');

/**
 * Turns the events of an answer into server-sent events, with a comment wherever there is silence for `heartbeatMs`.
 *
 * Resolves with the first event or the first silence, so that an answer that fails at once is an ordinary problem;
 * what fails later is an `error` event. A reader that cancels ends the work.
 * @throws whatever `events` throws before its first event
 */
export async function streamAnswer(
  events: AsyncIterable<AnswerEvent>,
  options: StreamOptions,
): Promise<AnswerStream> {
  const { deadline, heartbeatMs } = options;
  const iterator = events[Symbol.asyncIterator]();
  const ended = Promise.withResolvers<unknown>();
  // Where nobody waits for it, the error of the answer is the one to tell.
  ended.promise.catch(() => {});
  // A reader that stays and reads nothing keeps no place beyond the time of its request.
  deadline.signal.addEventListener('abort', () => ended.resolve(iterator.return?.()), { once: true });
  let isOver = false;
  let pending = advance();

  function advance(): Promise<IteratorResult<AnswerEvent>> {
    const next = deadline.bound(iterator.next());
    // It may wait for its reader, or for none: the error is told when it is read.
    next.catch(() => {});
    return next;
  }

  function finish(): void {
    isOver = true;
    deadline.clear();
    ended.resolve(iterator.return?.());
  }

  let isSilent: boolean;
  try {
    isSilent = (await orSilence(pending, heartbeatMs)) === silence;
  } catch (error) {
    finish();
    throw error;
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (isSilent) controller.enqueue(heartbeat);
    },
    async pull(controller) {
      const send = (text: string) => controller.enqueue(encoder.encode(text));
      try {
        const step = await orSilence(pending, heartbeatMs);
        if (isOver) return;
        if (step === silence) controller.enqueue(heartbeat);
        else if (step.done === true) {
          finish();
          controller.close();
        } else {
          pending = advance();
          send(serverSentEvent(step.value));
        }
      } catch (error) {
        if (isOver) return;
        finish();
        send(`event: error\ndata: ${JSON.stringify(options.tellProblem(error).body)}\n\n`);
        controller.close();
      }
    },
    cancel() {
      deadline.leave();
      finish();
    },
  });
  return { body, ended: ended.promise };
}

/** JSON has no line breaks, so one `data` line holds it. */
function serverSentEvent(event: AnswerEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(dataOf(event))}\n\n`;
}

function dataOf(event: AnswerEvent): object {
  switch (event.type) {
    case 'passages':
      return { passages: event.passages };
    case 'text':
      return { text: event.text };
    case 'citation':
      return event.citation;
    case 'usage':
      return { usage: event.usage };
    case 'done':
      return event.response;
  }
}

async function orSilence<T>(work: Promise<T>, milliseconds: number): Promise<T | typeof silence> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<typeof silence>((resolve) => {
    timer = setTimeout(resolve, milliseconds, silence);
  });
  try {
    return await Promise.race([work, silent]);
  } finally {
    clearTimeout(timer);
  }
}
