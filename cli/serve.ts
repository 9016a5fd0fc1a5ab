import { createServer } from 'node:net';
import type { Command } from 'commander';
import type { Braid } from '../braid.ts';
import { type Config, loadConfig } from '../config.ts';
import { BraidError } from '../domain/errors.ts';
import { type CommandContext, type CommandRunner, wholeNumber } from './command-context.ts';
import { catchInterrupts, type Interrupt } from './interrupt.ts';
import { ingestProjectDocs, introduce } from './quick-start.ts';

interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly quickStart?: boolean;
}

/** What runs may take this long after the first signal; with what closes after it the process ends within 10 s. */
const closeTimeoutMs = 9_000;

/** Adds `serve`: the API on one port, until a signal ends it. */
export function addServeCommand(program: Command, runner: CommandRunner): void {
  program
    .command('serve')
    .description('serve the API')
    .option('--host <address>', 'address to listen on, loopback without authentication (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on, 0 for a free one (default: 8080)', wholeNumber(0, 65_535))
    .option('--quick-start', "first take in Braid's own docs, then show one answered question")
    .addHelpText(
      'after',
      [
        '',
        'Ctrl-C or SIGTERM ends it: readiness fails at once, what runs finishes within 10 s. A second Ctrl-C ends it',
        'at once. With --json the address is printed as { "url": … } when it answers.',
        '',
        'Example:',
        '  $ npm run -s braid -- serve --port 8081 --engine opensearch',
      ].join('\n'),
    )
    .action(runner(serve));
}

async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const config = await loadConfig({
    ...context.loadOptions({ server: { host: options.host, port: options.port } }),
    // A terminal that was promised an answer should not be buried in access lines.
    defaults: { log: { level: options.quickStart ? 'warn' : 'info' } },
  });
  // Before anything is taken in: a port in use is no news to bring after a minute.
  await requireFreePort(config.server, options);
  const interrupt = catchInterrupts();
  try {
    const { createBraid } = await import('../braid.ts');
    const braid = await createBraid(config);
    try {
      await serveUntilInterrupted(context, options, config, braid, interrupt);
    } finally {
      await braid.close();
    }
  } finally {
    interrupt.release();
  }
}

async function serveUntilInterrupted(
  context: CommandContext,
  options: ServeOptions,
  config: Config,
  braid: Braid,
  interrupt: Interrupt,
): Promise<void> {
  if (options.quickStart) await ingestProjectDocs(context, braid, interrupt.signal);
  if (interrupt.signal.aborted) return;
  const [{ createApi }, { startServer }] = await Promise.all([
    import('../api/create-api.ts'),
    import('../api/serve.ts'),
  ]);
  const { pipeline, scopes, telemetry, prometheus, authenticator, audit } = braid;
  const api = createApi({
    pipeline,
    scopes,
    telemetry,
    prometheus,
    server: config.server,
    limits: config.limits,
    ...(authenticator !== undefined && { authentication: { authenticator, audit } }),
  });
  await braid.recover();
  const server = await startServer(api, {
    ...config.server,
    isAuthenticated: authenticator !== undefined,
    closeTimeoutMs,
  }).catch((error: unknown) => {
    throw isPortInUse(error instanceof Error ? error.cause : undefined)
      ? portInUse(config.server, options)
      : error;
  });
  try {
    const lines = options.quickStart
      ? await introduce(context, braid, server.url)
      : [`Braid serves on ${server.url}, its documentation on ${server.url}/docs; Ctrl-C ends it`];
    context.terminal.result({ url: server.url }, lines);
    await aborted(interrupt.signal);
    context.terminal.note('Ending: what runs has 10 s to finish, a second Ctrl-C ends it at once');
  } finally {
    // Both at once: one after the other they would take longer than what is promised.
    await Promise.all([server.close(), braid.pipeline.close()]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** @throws {BraidError} `port_in_use` */
async function requireFreePort(server: Config['server'], options: ServeOptions): Promise<void> {
  if (server.port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => {
      // Whatever else is wrong with the address is told where it is listened on.
      if (isPortInUse(error)) reject(portInUse(server, options));
      else resolve();
    });
    probe.listen({ host: server.host, port: server.port }, () => probe.close(() => resolve()));
  });
}

function isPortInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function portInUse({ host, port }: Config['server'], options: ServeOptions): BraidError {
  const advice =
    options.quickStart && options.port === undefined
      ? `another Braid may be serving there already; take another port with: npm start -- --port ${port + 1}`
      : 'choose another with --port, or 0 for any that is free';
  return new BraidError('port_in_use', `Cannot listen on ${host}:${port}: the port is in use; ${advice}`);
}
