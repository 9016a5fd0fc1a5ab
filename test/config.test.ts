import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LoadOptions, loadConfig, maskSecrets, resolveConfig, settingVariables } from '../config.ts';
import { InvalidConfiguration } from '../domain/errors.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A new folder with these files; nothing of the machine's environment is seen. */
function inFolder(files: Readonly<Record<string, string>> = {}): LoadOptions & { cwd: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'braid-config-'));
  folders.push(cwd);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return { cwd, environment: {} };
}

async function refusal(options: LoadOptions): Promise<InvalidConfiguration> {
  const error = await loadConfig(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InvalidConfiguration);
  return error as InvalidConfiguration;
}

describe('loadConfig', () => {
  it('fills in every default', async () => {
    const options = inFolder();
    expect(await loadConfig(options)).toEqual({
      engine: 'sqlite',
      data: join(options.cwd, '.braid'),
      server: { host: '127.0.0.1', port: 8080, concurrency: 64, maxBodyBytes: 33_554_432, timeoutMs: 30_000 },
      objects: { location: join(options.cwd, '.braid', 'objects') },
      invocationLog: { enabled: false, bodies: false, maxBytes: 1_048_576, maxSeconds: 60 },
      s3: { timeoutMs: 10_000, maxAttempts: 4 },
      opensearch: { url: 'http://127.0.0.1:9201', indexPrefix: 'braid', shards: 1, replicas: 0 },
      models: { embedding: 'local/all-MiniLM-L6-v2', language: 'local/extractive', reranking: [] },
      bedrock: {
        protocol: 'http/1.1',
        connectTimeoutMs: 3_000,
        requestTimeoutMs: 60_000,
        maxCallsAtOnce: 64,
        residency: 'geography',
        allowUnpinned: false,
        rerankBy: 'rerank',
        promptCaching: true,
        maxAnswerTokens: 2_048,
      },
      search: {},
      ingest: {
        chunking: { strategy: 'default' },
        concurrency: 8,
        maxMissingPercentage: 20,
        parse: { processes: 2, maxMemoryBytes: 268_435_456, timeoutMs: 30_000, maxDocumentBytes: 52_428_800 },
      },
      feeds: {
        concurrency: 32,
        buckets: [],
        batchEvents: 500,
        storm: { consecutive: 10, windowPercentage: 15, total: 1_000 },
        mappings: {},
      },
      answers: {
        withholdUngrounded: false,
        linkHosts: [],
        sessions: { expireMinutes: 60, maxHistoryTokens: 2_000 },
      },
      sts: {},
      tenants: {},
      limits: {
        search: { concurrency: 16, maxWaitMs: 5_000 },
        answer: { concurrency: 16, maxWaitMs: 5_000 },
        ingest: {},
        models: {},
      },
      audit: { folder: join(options.cwd, '.braid', 'audit'), reads: false },
      log: { level: 'info' },
    });
  });

  it('takes API keys where authentication is said to be, and fills in what a JWT needs', async () => {
    expect(
      (await loadConfig(inFolder({ 'braid.config.json': '{"authentication":{}}' }))).authentication,
    ).toEqual({
      apiKeys: true,
    });
    const jwt = { jwksUri: 'https://issuer.test/keys', issuer: 'i', audience: 'a' };
    const { authentication } = await loadConfig({ ...inFolder(), overrides: { authentication: { jwt } } });
    expect(authentication?.jwt).toEqual({
      ...jwt,
      algorithms: ['RS256'],
      clockToleranceSeconds: 30,
      claims: { tenant: 'tenant', principals: [{ claim: 'sub', prefix: 'user:' }], roles: 'roles' },
    });
  });

  it.each([
    ['none', { algorithms: ['none'] }],
    ['HMAC', { algorithms: ['HS256'] }],
    ['no algorithm', { algorithms: [] }],
    ['keys over plain HTTP', { jwksUri: 'http://issuer.test/keys' }],
    ['two places of keys', { jwksFile: 'keys.json' }],
    ['no place of keys', { jwksUri: undefined }],
  ])('refuses a JWT section with %s', async (_, change) => {
    const jwt = { jwksUri: 'https://issuer.test/keys', issuer: 'i', audience: 'a', ...change };
    const { setting } = await refusal({ ...inFolder(), overrides: { authentication: { jwt } } });
    expect(setting).toMatch(/^authentication\.jwt\./);
  });

  it('refuses authentication that lets nobody in', async () => {
    await refusal({ ...inFolder(), overrides: { authentication: { apiKeys: false } } });
  });

  it('lets the environment win over the file, and the command line over both', async () => {
    const options = {
      ...inFolder({ 'braid.config.json': '{"server":{"host":"localhost","port":1,"concurrency":5}}' }),
      environment: { BRAID_SERVER_PORT: '2', BRAID_SERVER_CONCURRENCY: '6' },
      overrides: { server: { concurrency: 7, port: undefined } },
    };
    expect((await loadConfig(options)).server).toMatchObject({ host: 'localhost', port: 2, concurrency: 7 });
  });

  it.each([
    ['braid.config.yaml', 'server:\n  port: 9'],
    ['braid.config.toml', '[server]\nport = 9'],
    ['braid.config.jsonc', '{ "server": { /* free */ "port": 9 } }'],
    ['braid.config.ts', 'const port: number = 9;\nexport default { server: { port } };'],
  ])('reads %s of the folder', async (name, text) => {
    expect((await loadConfig(inFolder({ [name]: text }))).server.port).toBe(9);
  });

  it('reads the file that is named, from the folder', async () => {
    const options = inFolder({
      'other.yaml': 'engine: opensearch',
      'braid.config.json': '{"engine":"sqlite"}',
    });
    expect((await loadConfig({ ...options, file: 'other.yaml' })).engine).toBe('opensearch');
  });

  it('takes a file of comments as one without settings', async () => {
    const options = inFolder({ 'braid.config.yaml': '# server:\n#   port: 1\n\n' });
    expect((await loadConfig(options)).server.port).toBe(8080);
  });

  it('reads neither rc files nor .env nor package.json', async () => {
    const options = inFolder({
      'braid.config.json': '{}',
      '.configrc': 'engine=opensearch',
      '.env': 'BRAID_ENGINE=opensearch',
      'package.json': '{"config":{"engine":"opensearch"}}',
    });
    expect((await loadConfig(options)).engine).toBe('sqlite');
    expect(process.env.BRAID_ENGINE).toBeUndefined();
  });

  it('takes an empty variable as absent', async () => {
    expect((await loadConfig({ ...inFolder(), environment: { BRAID_ENGINE: '' } })).engine).toBe('sqlite');
  });

  it('reads OPENSEARCH_URL, OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD', async () => {
    const environment = {
      OPENSEARCH_URL: 'https://search.example:9200',
      OPENSEARCH_USERNAME: 'braid',
      OPENSEARCH_PASSWORD: 'secret',
    };
    expect((await loadConfig({ ...inFolder(), environment })).opensearch).toMatchObject({
      url: 'https://search.example:9200',
      username: 'braid',
      password: 'secret',
    });
  });

  it('takes the search settings whole, from a file or from the command line', async () => {
    const file = {
      search: { defaults: { lexical: { weight: 0.3 } }, tenants: { acme: { classes: { code: {} } } } },
    };
    const options = inFolder({ 'braid.config.json': JSON.stringify(file) });
    expect((await loadConfig(options)).search).toEqual(file.search);
    expect((await loadConfig({ ...options, overrides: { search: {} } })).search).toEqual({});
  });

  it('takes rules for chunking, each with its defaults', async () => {
    const chunking = [
      { source: 'wiki', mediaType: 'text/*', chunking: { strategy: 'semantic' } },
      { chunking: { strategy: 'default', maxTokens: 128 } },
    ];
    const { ingest } = await loadConfig(
      inFolder({ 'braid.config.json': JSON.stringify({ ingest: { chunking } }) }),
    );
    expect(ingest.chunking).toEqual([
      {
        source: 'wiki',
        mediaType: 'text/*',
        chunking: { strategy: 'semantic', maxTokens: 300, bufferSize: 0, breakpointPercentileThreshold: 95 },
      },
      { chunking: { strategy: 'default', maxTokens: 128 } },
    ]);
  });

  it('takes a custom way of chunking from a configuration file that is code', async () => {
    const file =
      "export default { ingest: { chunking: { strategy: 'custom', id: 'halves', split: () => [] } } };";
    const { ingest } = await loadConfig(inFolder({ 'braid.config.mjs': file }));
    expect(ingest.chunking).toMatchObject({ strategy: 'custom', id: 'halves', split: expect.any(Function) });
  });

  it('replaces chunking whole, whatever the file had', async () => {
    const options = {
      ...inFolder({ 'braid.config.json': '{"ingest":{"chunking":{"strategy":"fixed","maxTokens":100}}}' }),
      environment: { BRAID_INGEST_CHUNKING: '{"strategy":"hierarchical"}' },
    };
    expect((await loadConfig(options)).ingest.chunking).toEqual({
      strategy: 'hierarchical',
      parentMaxTokens: 1_500,
      childMaxTokens: 300,
      overlapTokens: 60,
    });
  });

  it('freezes everything', async () => {
    const config = await loadConfig(inFolder());
    expect(() => Object.assign(config.ingest.parse, { processes: 9 })).toThrow(TypeError);
    expect(() => Object.assign(config.tenants, { a: 1 })).toThrow(TypeError);
  });

  it('names the setting, the wanted form, the value and its file', async () => {
    const options = inFolder({ 'braid.config.json': '{"server":{"port":99999}}' });
    const error = await refusal(options);
    expect(error.setting).toBe('server.port');
    expect(error.message).toBe(
      `Expected server.port to be a whole number from 0 to 65535, got 99999 (file ${join(options.cwd, 'braid.config.json')})`,
    );
  });

  it('names the environment variable that is wrong', async () => {
    const environment = { BRAID_SERVER_PORT: 'tcp://10.0.0.1:80' };
    expect((await refusal({ ...inFolder(), environment })).message).toBe(
      'Expected server.port to be a whole number from 0 to 65535, got "tcp://10.0.0.1:80" (environment variable BRAID_SERVER_PORT)',
    );
  });

  it('says that a variable of many settings holds JSON', async () => {
    const environment = { BRAID_TENANTS: '{a' };
    expect((await refusal({ ...inFolder(), environment })).message).toBe(
      'Expected tenants to be an object of settings in JSON, got "{a" (environment variable BRAID_TENANTS)',
    );
  });

  it.each([
    ['{"server":{"prot":1}}', 'server.prot', /^Unknown setting server\.prot/],
    ['{"extends":"github:a/b"}', 'extends', /^Unknown setting extends/],
    ['{"server":7}', 'server', /^Expected server to be an object of settings, got 7/],
    ['{"tenants":{"A b":{"accessControl":"required"}}}', 'tenants.A b', /^Expected each name in tenants/],
    [
      '{"tenants":{"a":{"accessControl":"yes"}}}',
      'tenants.a.accessControl',
      /"optional" or "required", got "yes"/,
    ],
    ['{"search":{"defaults":{"dense":{"weight":-1}}}}', 'search.defaults.dense.weight', /from 0 to 1000000/],
    ['{"search":{"defaults":{"topK":5}}}', 'search.defaults.topK', /^Unknown/],
    ['{"search":{"defaults":{"rerank":{}}}}', 'search.defaults.rerank.model', /the id of a configured/],
    ['{"search":{"defaults":{"rerank":true}}}', 'search.defaults.rerank', /an object of settings, got true/],
    ['{"search":{"defaults":{"feedback":{"weight":2}}}}', 'search.defaults.feedback.weight', /above 0, to 1/],
    [
      '{"search":{"defaults":{"diversity":{"lambda":0.5,"depth":2}}}}',
      'search.defaults.diversity.depth',
      /^Unknown/,
    ],
    ['{"search":{"defaults":{"collapse":"chunk"}}}', 'search.defaults.collapse', /"document" or false/],
    ['{"search":{"classes":{"huge":{}}}}', 'search.classes.huge', /./],
    ['{"ingest":{"chunking":{"strategy":"x"}}}', 'ingest.chunking.strategy', /"default", "fixed"/],
    [
      '{"ingest":{"chunking":{"strategy":"custom","id":"a","split":1}}}',
      'ingest.chunking.split',
      /a function, which only/,
    ],
    [
      '{"ingest":{"chunking":[{"chunking":{"strategy":"x"}}]}}',
      'ingest.chunking.0.chunking.strategy',
      /"semantic"/,
    ],
    [
      '{"ingest":{"chunking":[{"mediaType":"Text/plain; a=b","chunking":{"strategy":"none"}}]}}',
      'ingest.chunking.0.mediaType',
      /got "Text\/plain; a=b"/,
    ],
    [
      '{"ingest":{"chunking":[{"sources":"a","chunking":{"strategy":"none"}}]}}',
      'ingest.chunking.0.sources',
      /^Unknown/,
    ],
    ['{"ingest":{"chunking":{"strategy":"none","maxTokens":9}}}', 'ingest.chunking.maxTokens', /^Unknown/],
    ['{"opensearch":{"url":"ftp://a"}}', 'opensearch.url', /http:\/\/ or https:\/\/ address/],
    [
      '{"opensearch":{"sigv4":{"region":"eu-west-1","service":"aoss"}}}',
      'opensearch.sigv4.service',
      /Serverless/,
    ],
    ['{"opensearch":{"username":"a"}}', 'opensearch.password', /set together/],
    ['{"answers":{"linkHosts":"a.test"}}', 'answers.linkHosts', /to be a list, got "a\.test" \(file/],
    ['{"tenants":["a"]}', 'tenants', /to be an object of settings, got \["a"\]/],
  ])('refuses %s', async (json, setting, message) => {
    const error = await refusal(inFolder({ 'braid.config.json': json }));
    expect(error.setting).toBe(setting);
    expect(error.message).toMatch(message);
  });

  it('never shows a wrong password', async () => {
    const error = await refusal(inFolder({ 'braid.config.json': '{"opensearch":{"password":123456}}' }));
    expect(error.message).not.toContain('123456');
  });

  it.each([
    ['missing.yaml', 'there is no such file'],
    ['settings.ini', 'its name must end in .json'],
    ['broken.json', 'Unexpected end of JSON input'],
    ['list.yaml', 'it must hold an object of settings'],
    ['word.yaml', 'it must hold an object of settings'],
  ])('says why %s cannot be read', async (file, reason) => {
    const files = { 'settings.ini': 'a', 'broken.json': '{"engine":', 'list.yaml': '- 1' };
    const options = inFolder({ ...files, 'word.yaml': 'engine:opensearch' });
    const { message } = await refusal({ ...options, file });
    expect(message).toContain(`Cannot read configuration file ${join(options.cwd, file)}: ${reason}`);
  });

  it('refuses to choose between two files', async () => {
    const options = inFolder({ 'braid.config.json': '{}', 'braid.config.yaml': 'engine: sqlite' });
    expect((await refusal(options)).message).toContain('braid.config.json, braid.config.yaml');
  });
});

describe('settingVariables', () => {
  it('name each setting once, and each can be read', async () => {
    const { config } = await resolveConfig(inFolder());
    const named = settingVariables.map(({ setting }) => setting);
    expect(new Set(settingVariables.map(({ variable }) => variable)).size).toBe(named.length);
    const leaves = (value: unknown, path: string): string[] =>
      named.includes(path) || typeof value !== 'object' || value === null
        ? [path]
        : Object.entries(value).flatMap(([name, inner]) =>
            leaves(inner, path === '' ? name : `${path}.${name}`),
          );
    expect(leaves(config, '').filter((path) => !named.includes(path))).toEqual([]);
  });
});

describe('resolveConfig', () => {
  it('tells where each setting came from, and which variables are no settings', async () => {
    const options = {
      ...inFolder({ 'braid.config.json': '{"server":{"port":1}}' }),
      environment: { BRAID_ENGINE: 'sqlite', BRAID_SERVRE_PORT: '1' },
      overrides: { data: 'elsewhere' },
    };
    const { originOf, unknownVariables, file } = await resolveConfig(options);
    expect(originOf('server.port')).toBe(`file ${file}`);
    expect(originOf('engine')).toBe('environment variable BRAID_ENGINE');
    expect(originOf('data')).toBe('command line');
    expect(originOf('server.host')).toBe('default');
    expect(unknownVariables).toEqual(['BRAID_SERVRE_PORT']);
  });
});

describe('maskSecrets', () => {
  it('hides the password, and the one inside an address', async () => {
    const environment = {
      OPENSEARCH_URL: 'https://someone:hidden@search.example/path',
      OPENSEARCH_USERNAME: 'someone',
      OPENSEARCH_PASSWORD: 'hidden',
    };
    const masked = maskSecrets(await loadConfig({ ...inFolder(), environment }));
    expect(JSON.stringify(masked)).not.toContain('hidden');
    expect(masked.opensearch.url).toBe('https://********:********@search.example/path');
    expect(masked.opensearch.username).toBe('someone');
  });
});
