import type { Context } from 'hono';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Environment } from './environment.ts';
import { type Problem, problemOf } from './problem.ts';

/** Makes the problem of an error, counts it, and logs the error where it is the server's own. */
export function tellProblem(context: Context<Environment>, telemetry: Telemetry, error: unknown): Problem {
  const requestId = context.get('requestId');
  const problem = problemOf(error, requestId);
  context.set('problem', problem.code);
  telemetry.count('problems', 1, { type: problem.code });
  if (problem.status >= 500 && problem.code !== 'overloaded') {
    telemetry.log.error({ requestId, problem: problem.code, error }, 'Cannot serve a request');
  }
  return problem;
}

/** The response that a problem is sent as. */
export function problemResponse(context: Context<Environment>, problem: Problem): Response {
  return context.body(JSON.stringify(problem.body), {
    // 499 has no name in the types: nobody reads it but the access log.
    status: problem.status as 500,
    headers: { ...problem.headers, 'Content-Type': 'application/problem+json' },
  });
}
