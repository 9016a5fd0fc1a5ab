import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { BraidError, NotFound } from '../domain/errors.ts';
import { admit } from './admit.ts';
import { admitTenant } from './admit-tenant.ts';
import { authenticate } from './authenticate.ts';
import { mount } from './endpoint.ts';
import type { ApiOptions, Environment } from './environment.ts';
import { limitLayers } from './layer-limits.ts';
import { observeRequest } from './observe-request.ts';
import { mountOpenApi } from './openapi.ts';
import { limitRate } from './rate-limit.ts';
import { requireLoopbackHost } from './require-loopback-host.ts';
import { requireRoles } from './role-table.ts';
import { answer } from './routes/answer.ts';
import { deleteDocument } from './routes/delete-document.ts';
import { mountDocs } from './routes/docs.ts';
import { getDocument } from './routes/get-document.ts';
import { getJob } from './routes/get-job.ts';
import { listDocuments } from './routes/list-documents.ts';
import { patchDocument } from './routes/patch-document.ts';
import { postChanges } from './routes/post-changes.ts';
import { mountProbes } from './routes/probes.ts';
import { putDocument } from './routes/put-document.ts';
import { search } from './routes/search.ts';
import { problemResponse, tellProblem } from './tell-problem.ts';

/** Braid over HTTP; `startServer` serves it, and `api.request()` calls it without a port. */
export type Api = OpenAPIHono<Environment>;

/** Makes the API: every route of the design, over one pipeline. */
export function createApi(options: ApiOptions): Api {
  const { telemetry } = options;
  const app: Api = new OpenAPIHono<Environment>();
  app.use(
    requestId({ limitLength: 64 }),
    secureHeaders({
      // Plain HTTP on loopback: there is no TLS to insist on.
      strictTransportSecurity: false,
      overwrite: false,
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    }),
    observeRequest(telemetry),
    methodNotAllowed({
      app,
      onMethodNotAllowed(context, methods) {
        const allow = methods.join(', ');
        context.header('Allow', allow);
        const error = new BraidError('method_not_allowed', `Expected the method to be one of ${allow}`);
        return problemResponse(context, tellProblem(context, telemetry, error));
      },
    }),
    options.authentication === undefined ? requireLoopbackHost : authenticate(options.authentication),
  );
  // Where there is no authentication all callers are this machine's own, and one may have every place.
  const keepsRoom = options.authentication !== undefined;
  app.use('/v1/*', limitRate(options.limits ?? {}), admit(options.server.concurrency, keepsRoom));
  if (options.limits?.tenantConcurrency !== undefined) {
    app.use('/v1/*', admitTenant(options.limits.tenantConcurrency));
  }
  app.use('/v1/*', limitLayers(options.limits ?? {}));
  app.onError((error, context) => problemResponse(context, tellProblem(context, telemetry, error)));
  app.notFound((context) =>
    problemResponse(
      context,
      tellProblem(
        context,
        telemetry,
        new NotFound(
          'Cannot find a resource of this path; /docs lists them, and "/" within an id is sent as %2F',
        ),
      ),
    ),
  );
  mount(app, options, search);
  mount(app, options, answer);
  mount(app, options, listDocuments);
  mount(app, options, getDocument);
  mount(app, options, putDocument);
  mount(app, options, patchDocument);
  mount(app, options, deleteDocument);
  mount(app, options, getJob);
  mount(app, options, postChanges);
  mountProbes(app, options);
  mountOpenApi(app);
  mountDocs(app);
  requireRoles(app.routes);
  return app;
}
