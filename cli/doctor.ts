import { access, constants, mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Braid } from '../braid.ts';
import { type Config, maskSecrets, type ResolvedConfig, resolveConfig } from '../config.ts';
import { InvalidConfiguration, ModelUnavailable } from '../domain/errors.ts';
import type { AwsIdentity } from './aws-identity.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { accountOf, checkAws } from './doctor-aws.ts';
import { type Check, describeCheck, failedCheck } from './doctor-check.ts';
import { checkGuardrails } from './doctor-guardrails.ts';
import { checkModels } from './doctor-models.ts';
import { checkObjects } from './doctor-objects.ts';

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
        context.terminal.result({ ok, checks }, checks.flatMap(describeCheck));
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
  const aws = await checkAws(config);
  if (aws !== undefined) yield aws.check;
  yield* checkBraid(context, resolved, aws?.identity);
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
    return failedCheck('data folder', error, 'Make the folder writable, or name another one with --data DIR');
  }
}

async function* checkBraid(
  context: CommandContext,
  resolved: ResolvedConfig,
  identity: AwsIdentity | undefined,
): AsyncGenerator<Check> {
  const { config } = resolved;
  const { createBraid } = await import('../braid.ts');
  let braid: Braid | undefined;
  try {
    braid = await createBraid(config);
    await braid.pipeline.ready();
    yield { name: 'engine', ok: true, ...describeEngine(config, identity) };
  } catch (error) {
    yield failedStart(error, resolved);
  }
  // A part that fails says nothing of the others.
  if (braid === undefined) return;
  try {
    yield* checkModels(braid, config, identity);
    yield* checkGuardrails(braid, config, identity);
    yield* checkObjects(braid, config, identity);
    yield await checkSearch(context, braid).catch((error: unknown) =>
      failedCheck('search', error, 'Mend what failed above first'),
    );
  } finally {
    await braid.close();
  }
}

function failedStart(error: unknown, { config, originOf }: ResolvedConfig): Check {
  if (error instanceof ModelUnavailable) {
    return failedCheck(
      'models',
      error,
      'Check models.* in the configuration; local models stand in assets/, "npm ci" restores them',
    );
  }
  if (error instanceof InvalidConfiguration && !error.setting.startsWith('opensearch.')) {
    return failedCheck('settings', error, `Mend ${error.setting} (${originOf(error.setting)})`);
  }
  return failedCheck('engine', error, adviceFor(config));
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

function describeEngine(
  config: Config,
  identity: AwsIdentity | undefined,
): Pick<Check, 'detail' | 'identity' | 'region'> {
  if (config.engine === 'sqlite') return { detail: `sqlite in ${config.data}` };
  const { url, username, sigv4, indexPrefix } = maskSecrets(config).opensearch;
  const detail = `opensearch at ${url}, indices ${indexPrefix}-*`;
  if (sigv4 !== undefined) {
    return { detail: `${detail}, signed with the AWS credentials`, ...accountOf(identity, sigv4.region) };
  }
  return username === undefined
    ? { detail: `${detail}, without credentials` }
    : { detail, identity: username };
}

function adviceFor(config: Config): string {
  return config.engine === 'sqlite'
    ? 'Another folder can be named with --data DIR'
    : 'Set OPENSEARCH_URL (OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD) to a running OpenSearch 3.5 or newer; "npm run opensearch" starts one';
}
