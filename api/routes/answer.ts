import { accepts } from 'hono/accepts';
import type { AnswerEvent, AnswerResponse } from '../../domain/answer.ts';
import { startDeadline, withinDeadline } from '../deadline.ts';
import { type Call, defineEndpoint } from '../endpoint.ts';
import { answerRequestSchema, answerResponseSchema, answerStreamEventSchema } from '../schemas/answer.ts';
import { requestLimits } from '../schemas/limits.ts';
import { streamAnswer } from '../stream-answer.ts';
import { tellProblem } from '../tell-problem.ts';

const defaultHeartbeatMs = 15_000;

/** POST /v1/answer */
export const answer = defineEndpoint({
  method: 'post',
  path: '/v1/answer',
  operationId: 'answer',
  tag: 'Retrieval',
  summary: 'Answer a question from the documents, with citations',
  description: 'As one JSON reply, or as server-sent events where `Accept` asks for `text/event-stream`.',
  body: {
    schema: answerRequestSchema,
    maxBytes: (maxBodyBytes) => Math.min(maxBodyBytes, requestLimits.smallBodyBytes),
  },
  responses: {
    200: {
      description: 'The answer',
      content: {
        'application/json': { schema: answerResponseSchema },
        'text/event-stream': { schema: answerStreamEventSchema },
      },
    },
  },
  problems: ['not_found', 'model_unavailable', 'model_refused'],
  handle(call) {
    const wanted = accepts(call.context, {
      header: 'Accept',
      supports: ['application/json', 'text/event-stream'],
      default: 'application/json',
    });
    return wanted === 'text/event-stream' ? replyAsStream(call) : replyWhole(call);
  },
});

type AnswerCall = Call<typeof answerRequestSchema>;

async function replyWhole({ context, options, scope, body }: AnswerCall): Promise<Response> {
  const response = await withinDeadline(context, options.server.timeoutMs, (signal) =>
    lastResponse(options.pipeline.answer(scope, body, { signal, requestId: context.get('requestId') })),
  );
  return context.json(response);
}

async function lastResponse(events: AsyncIterable<AnswerEvent>): Promise<AnswerResponse> {
  for await (const event of events) if (event.type === 'done') return event.response;
  throw new Error('Cannot reply with an answer: its events ended without done');
}

async function replyAsStream({ context, options, scope, body }: AnswerCall): Promise<Response> {
  const deadline = startDeadline(options.server.timeoutMs, context.req.raw.signal);
  const { signal } = deadline;
  const events = options.pipeline.answer(scope, body, { signal, requestId: context.get('requestId') });
  const stream = await streamAnswer(events, {
    deadline,
    heartbeatMs: options.heartbeatMs ?? defaultHeartbeatMs,
    tellProblem: (error) => tellProblem(context, options.telemetry, error),
  });
  context.get('remaining').push(stream.ended);
  return context.body(stream.body, 200, {
    'Content-Type': 'text/event-stream',
    // Proxies that gather a response before they pass it on would hold the stream back.
    'X-Accel-Buffering': 'no',
  });
}
