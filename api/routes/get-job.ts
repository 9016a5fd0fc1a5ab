import { z } from '@hono/zod-openapi';
import { NotFound } from '../../domain/errors.ts';
import { withinDeadline } from '../deadline.ts';
import { defineEndpoint } from '../endpoint.ts';
import { jobSchema } from '../schemas/document.ts';
import { jobReply } from './write-document.ts';

/** GET /v1/jobs/{jobId} */
export const getJob = defineEndpoint({
  method: 'get',
  path: '/v1/jobs/{jobId}',
  operationId: 'getJob',
  tag: 'Documents',
  summary: 'Tell how far a write is',
  params: z.object({ jobId: z.string() }),
  responses: {
    200: { description: 'The job', content: { 'application/json': { schema: jobSchema } } },
  },
  problems: ['not_found'],
  async handle({ context, options, scope }) {
    const jobId = context.req.param('jobId') ?? '';
    // No store is asked for a key that no job has.
    if (!/^[\w.:-]{1,128}$/.test(jobId)) throw new NotFound('Cannot find a job of this id');
    const job = await withinDeadline(context, options.server.timeoutMs, () =>
      options.pipeline.job(scope, jobId),
    );
    return context.json(jobReply(job));
  },
});
