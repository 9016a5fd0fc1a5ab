import type { MiddlewareHandler } from 'hono';
import { BraidError } from '../domain/errors.ts';
import type { Environment } from './environment.ts';
import { hostOf, isLoopback } from './loopback.ts';

/**
 * Refuses requests that name another host. A page of another origin whose name is made to resolve to 127.0.0.1 (DNS
 * rebinding) passes for the same origin in a browser, but its name stays in the Host header.
 */
export const requireLoopbackHost: MiddlewareHandler<Environment> = async (context, next) => {
  const header = context.req.header('host');
  const hosts = [new URL(context.req.url).hostname, ...(header === undefined ? [] : [hostOf(header)])];
  if (!hosts.every((host) => host !== undefined && isLoopback(host))) {
    throw new BraidError(
      'misdirected_request',
      'Expected the Host header to be a loopback address or localhost, while there is no authentication',
    );
  }
  await next();
};
