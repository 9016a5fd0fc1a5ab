import { z } from '@hono/zod-openapi';
import type { WriteResult } from '../../domain/ingest.ts';
import type { DocumentChange, Job } from '../../pipeline.ts';
import type { Call } from '../endpoint.ts';
import { etagOf, preconditionOf } from '../precondition.ts';
import { jobSchema, writeResultSchema } from '../schemas/document.ts';
import type { Exact } from '../schemas/exact.ts';

/** The replies of PUT, PATCH and DELETE. */
export const writeResponses = {
  200: {
    description: 'Done, with `wait`; the ETag is the stored version',
    headers: z.object({ ETag: z.string() }),
    content: { 'application/json': { schema: writeResultSchema } },
  },
  202: {
    description: 'Taken: the job survives a restart, and Location names it',
    headers: z.object({ Location: z.string() }),
    content: { 'application/json': { schema: jobSchema } },
  },
};

/** The problems of PUT, PATCH and DELETE. */
export const writeProblems = [
  'source_conflict',
  'revision_conflict',
  'version_mismatch',
  'document_refused',
  'model_unavailable',
  'model_refused',
];

/** Applies a change now, where the caller waits for it, or as a job. */
export async function writeDocument(
  { context, options, scope }: Call,
  change: DocumentChange,
  wait: 'stored' | 'searchable' | undefined,
): Promise<Response> {
  const precondition = preconditionOf(context);
  if (wait === undefined) {
    const job = await options.pipeline.submit(scope, change, precondition);
    return context.json(jobReply(job), 202, { Location: `/v1/jobs/${encodeURIComponent(job.jobId)}` });
  }
  const result = await options.pipeline.write(scope, change, {
    ...precondition,
    searchable: wait === 'searchable',
  });
  return context.json(writeReply(result), 200, { ETag: etagOf(result.version.toString()) });
}

/** A job as JSON. */
export function jobReply(job: Job): Exact<z.output<typeof jobSchema>> {
  const { result, ...rest } = job;
  return { ...rest, ...(result !== undefined && { result: writeReply(result) }) };
}

function writeReply(result: WriteResult): Exact<z.output<typeof writeResultSchema>> {
  return { ...result, version: result.version.toString() };
}
