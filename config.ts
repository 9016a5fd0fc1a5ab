import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { loadConfig as readWithC12 } from 'c12';
import type { z } from 'zod';
import { InvalidConfiguration } from './domain/errors.ts';
import { configSchema } from './settings/config-schema.ts';
import type { Config, PartialConfig } from './settings/config-types.ts';

export type * from './settings/config-types.ts';

// onnxruntime-node otherwise keeps a device id and events in the user's home folder, and carries an address to send them
// to. It looks at this variable when it makes its first session, and there is no other switch.
process.env.ORT_DISABLE_TELEMETRY = '1';

export interface LoadOptions {
  /** A file that must exist; without it `braid.config.*` of `cwd` is read where there is one. */
  readonly file?: string;
  /** Of the command line; they win over everything. */
  readonly overrides?: PartialConfig;
  /** Instead of Braid's own defaults; everything wins over them. */
  readonly defaults?: PartialConfig;
  /** @default process.env */
  readonly environment?: NodeJS.ProcessEnv;
  /** Where the file is looked for and what relative paths start from. @default process.cwd() */
  readonly cwd?: string;
}

/** A configuration with an account of where it came from. */
export interface ResolvedConfig {
  readonly config: Config;
  /** Path of the file that was read. */
  readonly file?: string;
  /** Says where the value of a setting (`server.port`) came from, in words. */
  originOf(setting: string): string;
  /** Variables that start with `BRAID_` and name no setting: spelled wrongly, or another program's. */
  readonly unknownVariables: readonly string[];
}

/** An environment variable and the setting that it gives; an empty variable counts as absent. */
export interface SettingVariable {
  readonly variable: string;
  readonly setting: string;
  /** How its text is read; `json` is one JSON value. */
  readonly form: 'text' | 'number' | 'json';
}

const variableNames: Readonly<Record<string, string>> = {
  'opensearch.url': 'OPENSEARCH_URL',
  'opensearch.username': 'OPENSEARCH_USERNAME',
  'opensearch.password': 'OPENSEARCH_PASSWORD',
};

/** Each setting that the environment can give: `server.port` is `BRAID_SERVER_PORT`, three are `OPENSEARCH_…`. */
export const settingVariables: readonly SettingVariable[] = [
  ...named('text', ['engine', 'data', 'server.host', 'opensearch.url', 'opensearch.username']),
  ...named('text', ['opensearch.password', 'opensearch.caFile', 'opensearch.sigv4.region']),
  ...named('text', ['opensearch.indexPrefix', 'models.embedding', 'models.language', 'log.level']),
  ...named('number', ['server.port', 'server.concurrency', 'server.maxBodyBytes', 'server.timeoutMs']),
  ...named('number', ['opensearch.shards', 'opensearch.replicas', 'ingest.concurrency']),
  ...named('number', ['ingest.parse.processes', 'ingest.parse.maxMemoryBytes', 'ingest.parse.timeoutMs']),
  ...named('number', ['ingest.parse.maxDocumentBytes']),
  ...named('number', ['feeds.concurrency', 'feeds.batchEvents', 'feeds.storm.consecutive']),
  ...named('number', ['feeds.storm.windowPercentage', 'feeds.storm.total']),
  ...named('json', ['search', 'ingest.chunking', 'tenants', 'feeds.mappings', 'feeds.buckets']),
  ...named('json', ['authentication', 'audit.reads']),
  ...named('number', ['limits.tenantRequestsPerSecond', 'limits.keyRequestsPerSecond']),
  ...named('number', ['limits.tenantConcurrency']),
  ...['search', 'answer'].flatMap((layer) =>
    named('number', [
      ...[`limits.${layer}.concurrency`, `limits.${layer}.tenantConcurrency`],
      ...[`limits.${layer}.tenantRequestsPerSecond`, `limits.${layer}.maxWaitMs`],
    ]),
  ),
  ...named('number', ['limits.ingest.tenantRequestsPerSecond', 'limits.ingest.tenantConcurrency']),
  ...named('number', ['limits.ingest.tenantDocumentsPerSecond']),
  ...named('number', ['limits.models.tenantConcurrency', 'limits.models.tenantCallsPerSecond']),
  ...named('json', ['answers.withholdUngrounded', 'answers.linkHosts', 'guardrails']),
  ...named('number', ['answers.sessions.expireMinutes', 'answers.sessions.maxHistoryTokens']),
  ...named('text', [
    'audit.folder',
    'objects.location',
    's3.endpoint',
    's3.region',
    's3.kmsKeyId',
    'sts.endpoint',
  ]),
  ...named('json', ['s3.pathStyle', 'invocationLog.enabled', 'invocationLog.bodies']),
  ...named('number', ['invocationLog.maxBytes', 'invocationLog.maxSeconds']),
  ...named('number', ['ingest.maxMissingPercentage']),
  ...named('number', ['s3.timeoutMs', 's3.maxAttempts']),
  ...named('number', ['models.embeddingDimensions']),
  ...named('json', ['models.reranking']),
  ...named('text', ['bedrock.region', 'bedrock.endpoint', 'bedrock.agentEndpoint', 'bedrock.protocol']),
  ...named('number', [
    'bedrock.connectTimeoutMs',
    'bedrock.requestTimeoutMs',
    'bedrock.maxCallsAtOnce',
    'bedrock.maxAnswerTokens',
  ]),
  ...named('text', ['bedrock.residency', 'bedrock.rerankBy']),
  ...named('json', ['bedrock.allowUnpinned', 'bedrock.promptCaching', 'bedrock.guardrail']),
];

/** One setting each: half of one and half of another would be a third that nobody chose. */
const replacedWhole: readonly string[] = ['ingest.chunking', 'search'];

const secrets: readonly string[] = ['opensearch.password'];
const fileExtensions = ['json', 'jsonc', 'json5', 'yaml', 'yml', 'toml', 'ts', 'mts', 'js', 'mjs', 'cjs'];

/**
 * Reads file, environment and overrides, each winning over the one before, into one checked and frozen Config.
 * @throws {InvalidConfiguration} naming the setting, what was wanted, and where the value came from
 */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  return (await resolveConfig(options)).config;
}

/**
 * Does what `loadConfig` does and keeps the account of it.
 * @throws {InvalidConfiguration}
 */
export async function resolveConfig(options: LoadOptions = {}): Promise<ResolvedConfig> {
  const cwd = resolve(options.cwd ?? '.');
  const environment = options.environment ?? process.env;
  const file = options.file === undefined ? findConfigFile(cwd) : resolve(cwd, options.file);
  const layers: Layer[] = [
    { origin: 'default', values: options.defaults ?? {} },
    ...regionLayer(environment),
    ...(file === undefined ? [] : [{ origin: `file ${file}`, values: await readConfigFile(file, cwd) }]),
    ...environmentLayers(environment),
    { origin: 'command line', values: options.overrides ?? {} },
  ];
  const originOf = (setting: string): string =>
    layers.findLast(({ values }) => valueAt(values, setting) !== undefined)?.origin ?? 'default';
  const merged: Section = {};
  for (const { values, origin } of layers) merge(merged, values, origin);
  const checked = configSchema.safeParse(merged);
  if (!checked.success) throw firstProblem(checked.error.issues[0], merged, originOf);
  checkOpenSearchCredentials(checked.data.opensearch);
  checkAuthentication(checked.data.authentication);
  const config: Config = {
    ...checked.data,
    data: resolve(cwd, checked.data.data),
    audit: {
      ...checked.data.audit,
      folder: resolve(cwd, checked.data.audit.folder || join(checked.data.data, 'audit')),
    },
    objects: {
      location: resolveLocation(cwd, checked.data.objects.location || join(checked.data.data, 'objects')),
    },
    opensearch: {
      ...checked.data.opensearch,
      ...(checked.data.opensearch.caFile !== undefined && {
        caFile: resolve(cwd, checked.data.opensearch.caFile),
      }),
    },
  };
  const known = settingVariables.map(({ variable }) => variable);
  return {
    config: deepFreeze(config),
    ...(file !== undefined && { file }),
    originOf,
    unknownVariables: Object.keys(environment)
      .filter((variable) => variable.startsWith('BRAID_') && !known.includes(variable))
      .sort(),
  };
}

/**
 * Reads a file of values beside the configuration, a mapping for one, in the formats of a configuration file.
 * @throws {InvalidConfiguration}
 */
export async function readSettingsFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file);
  return readConfigFile(path, dirname(path));
}

/** The configuration as it may be shown: passwords, and those inside addresses, as `********`. */
export function maskSecrets(config: Config): Config {
  const { opensearch } = config;
  const url = new URL(opensearch.url);
  if (url.username !== '' || url.password !== '') {
    url.username = '********';
    url.password = '********';
  }
  return deepFreeze({
    ...config,
    opensearch: {
      ...opensearch,
      url: url.username === '' ? opensearch.url : url.href,
      ...(opensearch.password !== undefined && { password: '********' }),
    },
  });
}

function resolveLocation(cwd: string, location: string): string {
  return location.startsWith('s3://') ? location : resolve(cwd, location);
}

type Section = Record<string, unknown>;
interface Layer {
  readonly origin: string;
  readonly values: Section;
}

function named(form: SettingVariable['form'], settings: readonly string[]): SettingVariable[] {
  return settings.map((setting) => {
    const words = setting.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter}`);
    return { variable: variableNames[setting] ?? `BRAID_${words.toUpperCase()}`, setting, form };
  });
}

/** @throws {InvalidConfiguration} where there are several, since the choice would be a guess */
function findConfigFile(cwd: string): string | undefined {
  const found = fileExtensions
    .map((extension) => `braid.config.${extension}`)
    .filter((name) => existsSync(resolve(cwd, name)));
  if (found.length > 1) {
    throw new InvalidConfiguration(
      '--config',
      `Cannot choose among ${found.join(', ')} in ${cwd}: expected one, or --config FILE`,
    );
  }
  return found[0] === undefined ? undefined : resolve(cwd, found[0]);
}

async function readConfigFile(file: string, cwd: string): Promise<Section> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new InvalidConfiguration('--config', `Cannot read configuration file ${file}: ${reason}`, {
      cause,
    });
  };
  if (!fileExtensions.includes(extname(file).slice(1)))
    fail(`its name must end in .${fileExtensions.join(', .')}`);
  try {
    // c12 fails on YAML and TOML without a single value, which is what a file of comments is.
    const lines = (await readFile(file, 'utf8')).split('\n');
    if (lines.every((line) => /^\s*(#|$)/.test(line))) return {};
    const { config, layers } = await readWithC12<Section>({
      cwd,
      configFile: file,
      configFileRequired: true,
      // The one file and nothing else: no rc files, .env, package.json, remote or named layers.
      ...{
        rcFile: false,
        globalRc: false,
        dotenv: false,
        packageJson: false,
        extend: false,
        giget: false,
        envName: false,
      },
      jitiOptions: { fsCache: false },
    });
    // c12 makes nothing of a file that holds a single text or number.
    if (!isSection(config) || layers?.some((layer) => !isSection(layer.config ?? {}))) {
      fail('it must hold an object of settings');
    }
    return config;
  } catch (error) {
    if (error instanceof InvalidConfiguration) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return fail('there is no such file', error);
    const reason = error instanceof Error ? error.message : String(error);
    return fail(reason.replace(`${file}: `, '').split('\n')[0]!, error);
  }
}

function environmentLayers(environment: NodeJS.ProcessEnv): Layer[] {
  return settingVariables.flatMap(({ variable, setting, form }) => {
    const given = environment[variable];
    if (given === undefined || given === '') return [];
    const value = form === 'text' ? given : readJson(given);
    const values = setting.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    return [{ origin: `environment variable ${variable}`, values: values as Section }];
  });
}

/** The region that everything of AWS on this machine is told; a setting of Braid's own wins over it. */
function regionLayer({ AWS_REGION: region }: NodeJS.ProcessEnv): Layer[] {
  if (region === undefined || region === '') return [];
  return [{ origin: 'environment variable AWS_REGION', values: { bedrock: { region } } }];
}

/** What is no JSON stays text, for the schema to refuse with the wanted form. */
function readJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

/** Lays `values` over `held`; what is one setting is replaced whole. */
function merge(held: Section, values: Section, origin: string, path = ''): void {
  for (const [name, value] of Object.entries(values)) {
    const setting = path === '' ? name : `${path}.${name}`;
    if (name === '__proto__')
      throw new InvalidConfiguration(setting, `Unknown setting ${setting} (${origin})`);
    if (value === undefined) continue;
    if (replacedWhole.includes(setting) || !isSection(value)) {
      held[name] = value;
      continue;
    }
    const below = held[name];
    const section = isSection(below) ? below : {};
    held[name] = section;
    merge(section, value, origin, setting);
  }
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(values: unknown, setting: string): unknown {
  return setting
    .split('.')
    .reduce<unknown>(
      (held, name) => (isSection(held) || Array.isArray(held) ? Reflect.get(held, name) : undefined),
      values,
    );
}

/** Of what holds other settings, which zod names by its own types. */
const wholeForms: Readonly<Record<string, string>> = {
  object: 'an object of settings',
  record: 'an object of settings',
  array: 'a list',
};

function firstProblem(
  issue: z.core.$ZodIssue | undefined,
  merged: Section,
  originOf: (setting: string) => string,
): InvalidConfiguration {
  const path = (issue?.path ?? []).join('.');
  if (issue?.code === 'unrecognized_keys') {
    const unknown = [path, issue.keys[0]].filter((name) => name !== '').join('.');
    return new InvalidConfiguration(unknown, `Unknown setting ${unknown} (${originOf(unknown)})`);
  }
  if (issue?.code === 'invalid_key') {
    const name = JSON.stringify(issue.path.at(-1));
    const wanted = issue.issues[0]?.message;
    return new InvalidConfiguration(
      path,
      `Expected each name in ${issue.path[0]?.toString()} to be ${wanted}, got ${name} (${originOf(path)})`,
    );
  }
  const value = valueAt(merged, path);
  const shown =
    value === undefined
      ? 'nothing'
      : secrets.includes(path)
        ? 'a hidden value'
        : JSON.stringify(value)?.slice(0, 200);
  const origin = originOf(path);
  const whole = issue?.code === 'invalid_type' ? wholeForms[issue.expected] : undefined;
  const json = whole !== undefined && origin.startsWith('environment') ? ' in JSON' : '';
  const wanted = whole === undefined ? issue?.message : `${whole}${json}`;
  return new InvalidConfiguration(path, `Expected ${path} to be ${wanted}, got ${shown} (${origin})`);
}

function checkOpenSearchCredentials({ username, password, sigv4 }: Config['opensearch']): void {
  if ((username === undefined) !== (password === undefined)) {
    throw new InvalidConfiguration(
      'opensearch.password',
      'Expected opensearch.username and opensearch.password to be set together, got one of them',
    );
  }
  if (username !== undefined && sigv4 !== undefined) {
    throw new InvalidConfiguration(
      'opensearch.sigv4',
      'Expected either opensearch.username or opensearch.sigv4, got both',
    );
  }
}

function checkAuthentication(authentication: Config['authentication']): void {
  if (authentication === undefined) return;
  const { apiKeys, jwt } = authentication;
  if (!apiKeys && jwt === undefined) {
    throw new InvalidConfiguration(
      'authentication',
      'Expected authentication to have apiKeys or jwt, got neither: nobody could come in',
    );
  }
  if (jwt !== undefined && (jwt.jwksUri === undefined) === (jwt.jwksFile === undefined)) {
    throw new InvalidConfiguration(
      'authentication.jwt.jwksUri',
      'Expected either authentication.jwt.jwksUri or authentication.jwt.jwksFile',
    );
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
