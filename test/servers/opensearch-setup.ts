import type { TestProject } from 'vitest/node';
import { startOpenSearch } from './opensearch.ts';
import type { MissingOpenSearch, OpenSearchServer } from './opensearch-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Empty where there is no OpenSearch. */
    openSearchUrl: string;
  }
}

interface SharedServer {
  server?: Promise<OpenSearchServer | MissingOpenSearch>;
  users: number;
}

/** Several projects of one run load this file apart; they share one server, and the last one stops it. */
function sharedServer(): SharedServer {
  const holder = globalThis as { braidOpenSearch?: SharedServer };
  holder.braidOpenSearch ??= { users: 0 };
  return holder.braidOpenSearch;
}

/**
 * Starts OpenSearch once a run and tells the tests its URL. Where none can be started its tests are skipped, with one
 * line that says what to install; on a build server (CI=true) that is a failure.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = sharedServer();
  shared.users += 1;
  const isFirst = shared.server === undefined;
  shared.server ??= startOpenSearch({ onProgress: (line) => console.error(line) });
  const server = await shared.server;
  if (server.how === 'none') {
    const line = `SKIPPED: every test on OpenSearch, since there is ${server.advice}`;
    if (process.env.CI === 'true') throw new Error(line);
    if (isFirst) console.error(`\n*** ${line} ***\n`);
  }
  project.provide('openSearchUrl', server.how === 'none' ? '' : server.url);
  return async () => {
    shared.users -= 1;
    if (shared.users === 0 && server.how !== 'none') {
      delete shared.server;
      await server.stop();
    }
  };
}
