import { z } from '@hono/zod-openapi';
import { BraidError } from '../../domain/errors.ts';
import type { EventOutcome, RecordResult } from '../../domain/feed.ts';
import { type Call, defineEndpoint } from '../endpoint.ts';
import { ndjsonLines } from '../ndjson-lines.ts';
import { changeResultSchema, changesQuerySchema } from '../schemas/changes.ts';
import { tellProblem } from '../tell-problem.ts';

const mediaTypes = /^application\/(?:x-ndjson|jsonl|ndjson|(?:[\w.-]+\+)?json)\s*(?:;.*)?$/i;
const encoder = new TextEncoder();

/** POST /v1/changes */
export const postChanges = defineEndpoint({
  method: 'post',
  path: '/v1/changes',
  operationId: 'postChanges',
  tag: 'Documents',
  summary: 'Bring change events into the index',
  description:
    'One event a line in, one result a line out, in order, each when its event is stored. Sending an event again does nothing. Where the reply ends with a line `{ "error": … }`, the lines without a result are to be sent again.',
  query: changesQuerySchema,
  stream: { mediaType: 'application/x-ndjson', schema: z.string() },
  responses: {
    200: {
      description: 'One result a line',
      content: { 'application/x-ndjson': { schema: changeResultSchema } },
    },
  },
  problems: [
    'feed_stopped',
    'model_unavailable',
    'model_refused',
    'body_too_large',
    'unsupported_media_type',
  ],
  async handle(call) {
    const results = resultsOf(call)[Symbol.asyncIterator]();
    // What fails at once is an ordinary problem, so that a sender knows that nothing was taken.
    const first = await results.next();
    const ended = Promise.withResolvers<void>();
    call.context.get('remaining').push(ended.promise);
    return call.context.body(streamOf(call, first, results, ended.resolve), 200, {
      'Content-Type': 'application/x-ndjson',
      'X-Accel-Buffering': 'no',
    });
  },
});

type ChangesCall = Call<z.ZodType, typeof changesQuerySchema>;

function resultsOf({ context, options, scope, query }: ChangesCall): AsyncIterable<RecordResult> {
  requireMediaType(context.req.header('content-type'), context.req.header('content-encoding'));
  const { format, allowMassDelete } = query;
  const { pipeline, server, maxSilenceMs = 60_000 } = options;
  // As long as events are applied: the sender is held up by its connection.
  context.env?.mayTakeLong?.();
  return pipeline.changes(scope, {
    name: `http:${format}`,
    format,
    reader: pipeline.feedReader(format),
    events: ndjsonLines(context.req.raw.body, { maxLineBytes: server.maxBodyBytes, maxSilenceMs }),
    allowMassDelete: allowMassDelete === 'true',
    signal: context.req.raw.signal,
  });
}

function requireMediaType(mediaType: string | undefined, encoding: string | undefined): void {
  if (mediaType === undefined || !mediaTypes.test(mediaType)) {
    throw new BraidError(
      'unsupported_media_type',
      `Expected Content-Type to be application/x-ndjson or application/json, got ${mediaType === undefined ? 'none' : JSON.stringify(mediaType.slice(0, 100))}`,
    );
  }
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new BraidError(
      'unsupported_media_type',
      `Expected no Content-Encoding, got ${JSON.stringify(encoding.slice(0, 100))}`,
    );
  }
}

/** A step is taken when the client reads: one that does not read its results is not read from either. */
function streamOf(
  { context, options }: ChangesCall,
  first: IteratorResult<RecordResult>,
  results: AsyncIterator<RecordResult>,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  let step: IteratorResult<RecordResult> | undefined = first;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const send = (value: object) => controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      try {
        step ??= await results.next();
        if (step.done !== true) {
          send(lineOf(step.value));
          step = undefined;
          return;
        }
      } catch (error) {
        send({ error: tellProblem(context, options.telemetry, error).body });
      }
      controller.close();
      onEnd();
    },
    async cancel() {
      onEnd();
      await results.return?.();
    },
  });
}

const worstFirst = ['dead_lettered', 'indexed', 'stale', 'ignored'] as const;

function lineOf({ record, events }: RecordResult): object {
  const worst = events.toSorted((left, right) => rank(left) - rank(right))[0]!;
  return { line: record, ...worst, ...(events.length > 1 && { events }) };
}

function rank({ outcome }: EventOutcome): number {
  return worstFirst.indexOf(outcome);
}
