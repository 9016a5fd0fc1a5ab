import { access, constants, mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Braid } from '../braid.ts';
import { type Config, maskSecrets, type ResolvedConfig, resolveConfig } from '../config.ts';
import { ModelUnavailable } from '../domain/errors.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was reached, and as whom; or what failed. */
  readonly detail: string;
  /** What to do about a failure. */
  readonly advice?: string;
}

/** Adds `doctor`: what is reached, as whom, and what to do if not. */
export function addDoctorCommand(program: Command, runner: CommandRunner): void {
  program
    .command('doctor')
    .description('check what Braid needs, and say what to do where it fails')
    .addHelpText(
      'after',
      '\nThe exit status is 1 where a check fails.\n\nExample:\n  $ npm run -s braid -- doctor --engine opensearch',
    )
    .action(
      runner(async (context) => {
        const checks: Check[] = [];
        for await (const check of runChecks(context)) checks.push(check);
        const ok = checks.every((check) => check.ok);
        context.terminal.result(
          { ok, checks },
          checks.flatMap(({ name, ok: isGood, detail, advice }) => [
            `${isGood ? 'ok    ' : 'FAILED'}  ${name.padEnd(14)}${detail}`,
            ...(advice === undefined ? [] : [`${' '.repeat(22)}${advice}`]),
          ]),
        );
        return ok ? 0 : 1;
      }),
    );
}

async function* runChecks(context: CommandContext): AsyncGenerator<Check> {
  yield {
    name: 'node',
    ok: true,
    detail: `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
  };
  const resolved = await resolveConfig(context.loadOptions());
  yield describeConfiguration(resolved);
  const { config } = resolved;
  if (config.engine === 'sqlite') yield await checkDataFolder(config.data);
  yield* checkBraid(context, config);
}

function describeConfiguration({ file, unknownVariables }: ResolvedConfig): Check {
  const unknown = unknownVariables.length > 0 ? `; no settings of Braid: ${unknownVariables.join(', ')}` : '';
  return {
    name: 'configuration',
    ok: true,
    detail: `${file ?? 'no file, defaults and environment'}${unknown}`,
  };
}

async function checkDataFolder(folder: string): Promise<Check> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { name: 'data folder', ok: true, detail: `${folder} can be written` };
  } catch (error) {
    return {
      name: 'data folder',
      ok: false,
      detail: describe(error),
      advice: 'Make the folder writable, or name another one with --data DIR',
    };
  }
}

async function* checkBraid(context: CommandContext, config: Config): AsyncGenerator<Check> {
  const { createBraid } = await import('../braid.ts');
  let braid: Braid | undefined;
  try {
    braid = await createBraid(config);
    await braid.pipeline.ready();
    const { id, dimensions } = braid.embeddingModel;
    yield { name: 'models', ok: true, detail: `${id} (${dimensions} dimensions), ${config.models.language}` };
    yield { name: 'engine', ok: true, detail: describeEngine(config) };
    yield await checkSearch(context, braid);
  } catch (error) {
    const isModel = error instanceof ModelUnavailable;
    yield {
      name: isModel ? 'models' : 'engine',
      ok: false,
      detail: describe(error),
      advice: isModel ? 'Install again with "npm ci"; the model files stand in assets/' : adviceFor(config),
    };
  } finally {
    await braid?.close();
  }
}

/** A real search is the shortest proof that model and engine work together. */
async function checkSearch(context: CommandContext, braid: Braid): Promise<Check> {
  const scope = braid.scopes.operator(context.tenantId);
  const { records } = await braid.pipeline.documents(scope, { limit: 1, deleted: false });
  const response = await braid.pipeline.search(scope, { query: 'doctor', topK: 1 });
  const holds = records.length > 0 ? 'has documents' : 'is empty';
  const took = `tenant ${context.tenantId} ${holds}; a search took ${Math.round(response.timings.total ?? 0)} ms`;
  if (response.degraded.length === 0) return { name: 'search', ok: true, detail: took };
  const failed = response.degraded.map(({ stage, reason }) => `${stage}: ${reason}`).join('; ');
  return {
    name: 'search',
    ok: false,
    detail: failed,
    advice: 'A stage fails although the engine answers; see the logs of it',
  };
}

function describeEngine(config: Config): string {
  if (config.engine === 'sqlite') return `sqlite in ${config.data}`;
  const { url, username, sigv4, indexPrefix } = maskSecrets(config).opensearch;
  const identity =
    sigv4 !== undefined
      ? `signed for ${sigv4.service} in ${sigv4.region} with the default AWS credentials`
      : username !== undefined
        ? `as ${username}`
        : 'without credentials';
  return `opensearch at ${url}, ${identity}, indices ${indexPrefix}-*`;
}

function adviceFor(config: Config): string {
  return config.engine === 'sqlite'
    ? 'Another folder can be named with --data DIR'
    : 'Set OPENSEARCH_URL (OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD) to a running OpenSearch 3.5 or newer; "npm run opensearch" starts one';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
