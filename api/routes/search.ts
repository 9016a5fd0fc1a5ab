import { withinDeadline } from '../deadline.ts';
import { defineEndpoint } from '../endpoint.ts';
import { requestLimits } from '../schemas/limits.ts';
import { searchRequestSchema } from '../schemas/search-request.ts';
import { searchResponseSchema } from '../schemas/search-response.ts';

/** POST /v1/search */
export const search = defineEndpoint({
  method: 'post',
  path: '/v1/search',
  operationId: 'search',
  tag: 'Retrieval',
  summary: 'Find passages by words and by meaning',
  description:
    'Runs the lexical and the dense leg, fuses them, and returns each hit with the breakdown of its score.',
  body: {
    schema: searchRequestSchema,
    maxBytes: (maxBodyBytes) => Math.min(maxBodyBytes, requestLimits.smallBodyBytes),
  },
  responses: {
    200: {
      description: 'Hits, best first',
      content: { 'application/json': { schema: searchResponseSchema } },
    },
  },
  problems: ['cursor_expired', 'model_unavailable', 'model_refused'],
  async handle({ context, options, scope, body }) {
    const response = await withinDeadline(context, options.server.timeoutMs, (signal) =>
      options.pipeline.search(scope, body, { signal, requestId: context.get('requestId') }),
    );
    return context.json(response);
  },
});
