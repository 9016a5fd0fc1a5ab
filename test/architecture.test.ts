import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Reads the imports of the sources and holds them against the import table of the house.
 * A folder may import itself; everything else is said here.
 */

const root = resolve(import.meta.dirname, '..');
const notSources = new Set(['node_modules', 'dist', 'assets', 'docs', 'test', 'coverage']);

interface Import {
  readonly specifier: string;
  /** Path from the root, for our own files. */
  readonly target?: string;
  readonly isTypeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const ports = [
  'search-engine/search-engine.ts',
  'search-engine/document-store.ts',
  'search-engine/state-store.ts',
  'models/embedding-model.ts',
  'models/reranking-model.ts',
  'models/guardrail.ts',
  'models/language-model.ts',
  'models/model-call.ts',
  'sources/source.ts',
  'objects/object-store.ts',
];
const adapters = [
  'objects/s3',
  'objects/folder',
  'search-engine/sqlite',
  'search-engine/opensearch',
  'models/local',
  'models/bedrock',
  'sources',
];

interface Rule {
  /** Folders and files of ours; `types:` before a name allows type imports only. */
  readonly ours: readonly string[];
  /** Third-party packages; a trailing `*` matches any ending. */
  readonly packages: readonly string[];
}

const portTypes = ports.map((port) => `types:${port}`);
const stage: Rule = { ours: ['domain', 'telemetry', ...portTypes], packages: ['p-queue', 'cockatiel'] };

/** The longest name that a file's path starts with decides. */
const rules: Record<string, Rule> = {
  domain: { ours: [], packages: [] },
  ...Object.fromEntries(
    ports.map((port) => [
      port,
      { ours: ['types:domain', 'types:models/model-call.ts', 'types:models/guardrail.ts'], packages: [] },
    ]),
  ),
  ingest: stage,
  'ingest/parsers/markdown.ts': { ...stage, packages: ['mdast-util-*', 'micromark-extension-gfm', 'mdast'] },
  'ingest/parsers/html.ts': {
    ...stage,
    packages: ['linkedom', '@mozilla/readability'],
  },
  'ingest/parsers/pdf.ts': { ...stage, packages: ['unpdf'] },
  'ingest/parsers/docx.ts': { ...stage, packages: ['mammoth'] },
  'ingest/parsers/csv.ts': { ...stage, packages: ['csv-parse'] },
  'ingest/parsers/xml.ts': { ...stage, packages: ['htmlparser2'] },
  'ingest/parsers/eml.ts': { ...stage, packages: ['postal-mime'] },
  'ingest/parsers/msg.ts': { ...stage, packages: ['@kenjiuno/msgreader', '@kenjiuno/decompressrtf'] },
  'ingest/chunkers/langchain.ts': { ...stage, packages: ['@langchain/textsplitters'] },
  retrieval: stage,
  rerank: stage,
  answer: stage,
  'answer/links.ts': { ...stage, packages: ['mdast-util-*', 'micromark-extension-gfm'] },
  'search-engine/sqlite': {
    ours: ['domain', 'telemetry', 'search-engine/'],
    packages: ['sqlite-vec', 'cockatiel'],
  },
  'search-engine/opensearch': {
    ours: ['domain', 'telemetry', 'search-engine/'],
    packages: ['@opensearch-project/opensearch', '@aws-sdk/credential-provider-node', 'cockatiel'],
  },
  'models/local': {
    ours: ['domain', 'telemetry', 'models/'],
    packages: ['onnxruntime-node', '@huggingface/tokenizers', 're2js', 'cockatiel'],
  },
  objects: { ours: ['domain', 'telemetry'], packages: ['cockatiel'] },
  'objects/folder': { ours: ['domain', 'telemetry', 'objects/'], packages: [] },
  'objects/s3': {
    ours: ['domain', 'telemetry', 'objects/'],
    packages: ['@aws-sdk/client-s3', '@smithy/node-http-handler'],
  },
  'models/bedrock': {
    ours: ['domain', 'telemetry', 'models/'],
    packages: [
      '@aws-sdk/client-bedrock-runtime',
      '@aws-sdk/client-bedrock-agent-runtime',
      '@smithy/node-http-handler',
      'cockatiel',
    ],
  },
  'models/recorded-models.ts': {
    ours: ['domain', ...portTypes],
    packages: [],
  },
  'models/tenant-shares.ts': {
    ours: ['types:domain', ...portTypes],
    packages: [],
  },
  sources: {
    ours: ['domain', 'telemetry', 'types:objects/object-store.ts'],
    packages: ['undici', 'ipaddr.js', 'cockatiel'],
  },
  identity: {
    ours: ['domain', 'search-engine/state-store.ts', 'search-engine/document-store.ts'],
    packages: ['jose'],
  },
  telemetry: {
    ours: ['domain'],
    packages: [
      'pino',
      '@opentelemetry/api',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/exporter-prometheus',
    ],
  },
  'pipeline.ts': {
    ours: ['domain', 'ingest', 'retrieval', 'rerank', 'answer', 'telemetry', 'types:identity', ...portTypes],
    packages: [],
  },
  'braid.ts': {
    ours: [
      'domain',
      'ingest',
      'sources',
      'retrieval',
      'rerank',
      'answer',
      'search-engine',
      'models',
      'objects',
      'identity',
      'telemetry',
      'pipeline.ts',
      'config.ts',
    ],
    packages: [],
  },
  'config.ts': { ours: ['domain', 'settings'], packages: ['zod', 'c12'] },
  settings: { ours: ['domain'], packages: ['zod'] },
  api: {
    ours: ['types:pipeline.ts', 'types:identity', 'domain', 'telemetry'],
    packages: ['hono', 'hono/*', '@hono/*', 'zod', 'swagger-ui-dist', 'rate-limiter-flexible'],
  },
  cli: {
    ours: [
      'braid.ts',
      'config.ts',
      'api',
      'benchmarks',
      'domain',
      'sources',
      'telemetry/mask-secrets.ts',
      'types:pipeline.ts',
      'types:identity',
    ],
    packages: ['commander', 'listr2'],
  },
  'cli/aws-identity.ts': { ours: [], packages: ['@aws-sdk/client-sts', '@smithy/node-http-handler'] },
  'main.ts': { ours: ['cli'], packages: [] },
  benchmarks: { ours: [''], packages: ['*'] },
};

const files = readSources();

describe('the house', () => {
  it('has a rule for each folder', () => {
    const unruled = files.filter((file) => ruleOf(file.path) === undefined).map((file) => file.path);
    expect(unruled).toEqual(['vitest.config.ts']);
  });

  it('imports only what its table allows', () => {
    expect(files.flatMap(violations)).toEqual([]);
  });

  it('has no cycle of value imports', () => {
    expect(findCycle(files)).toBeUndefined();
  });

  it('has no file or folder whose name says nothing', () => {
    const nameless = /(^|\/)(index\.ts|(utils?|helpers?|common|lib|misc)(\.ts|\/))/;
    expect(files.map((file) => file.path).filter((path) => nameless.test(path))).toEqual([]);
  });

  it('reads process.env in config.ts only', () => {
    expect(
      files
        .filter((file) =>
          /process\.env|process\[|\benv\b[^;\n]*=\s*process\b|\bimport\b.*\benv\b.*'node:process'/.test(
            file.text,
          ),
        )
        .map((file) => file.path),
    ).toEqual(['config.ts']);
  });

  it('makes scopes in identity/ only', () => {
    const makers = files
      .filter((file) => /\bas (unknown as )?Scope\b|<Scope>\s*[{(]/.test(file.text))
      .map((file) => file.path);
    expect(makers).toEqual(['identity/scope.ts']);
  });

  it('imports each SDK in its own adapter only', () => {
    const owners: Record<string, string> = {
      '@opensearch-project/opensearch': 'search-engine/opensearch/',
      'sqlite-vec': 'search-engine/sqlite/',
      'node:sqlite': 'search-engine/sqlite/',
      'onnxruntime-node': 'models/local/',
      '@aws-sdk/client-bedrock-runtime': 'models/bedrock/',
      '@aws-sdk/client-bedrock-agent-runtime': 'models/bedrock/',
      re2js: 'models/local/',
      undici: 'sources/',
      '@aws-sdk/client-s3': 'objects/s3/',
    };
    const strays = files
      .filter((file) => !file.path.startsWith('benchmarks/'))
      .flatMap((file) =>
        file.imports
          .map(({ specifier }) =>
            Object.keys(owners).find((name) => specifier === name || specifier.startsWith(`${name}/`)),
          )
          .filter((name) => name !== undefined && !file.path.startsWith(owners[name]!))
          .map((name) => `${file.path} imports ${name}`),
      );
    expect(strays).toEqual([]);
  });

  it('runs the contract suites of its port in the test of every adapter', () => {
    const tests = readTests();
    const contracts = [
      'describeSearchEngineContract',
      'describeDocumentStoreContract',
      'describeStateStoreContract',
    ];
    for (const engine of ['sqlite', 'opensearch']) {
      const text = tests
        .filter(({ path }) => path.startsWith(`test/search-engine/${engine}/`))
        .map((test) => test.text)
        .join('\n');
      for (const contract of contracts) expect(text, `${contract} on ${engine}`).toContain(`${contract}(`);
    }
    for (const adapter of ['s3', 'folder']) {
      const text = tests
        .filter(({ path }) => path.startsWith(`test/objects/${adapter}/`))
        .map((test) => test.text)
        .join('\n');
      expect(text, `describeObjectStoreContract on ${adapter}`).toContain('describeObjectStoreContract(');
    }
    const modelTests = tests
      .filter(({ path }) => path.startsWith('test/models/local/'))
      .map((test) => test.text)
      .join('\n');
    expect(modelTests).toContain('describeEmbeddingModelContract(');
  });

  it('sees the adapters that it speaks of', () => {
    for (const adapter of adapters)
      expect(files.some((file) => file.path.startsWith(`${adapter}/`))).toBe(true);
  });
});

function violations(file: SourceFile): string[] {
  const rule = ruleOf(file.path);
  if (rule === undefined) return [];
  return file.imports
    .filter((found) => !isAllowed(file.path, found, rule))
    .map((found) => `${file.path} imports ${found.specifier}`);
}

function isAllowed(path: string, found: Import, rule: Rule): boolean {
  if (found.specifier.startsWith('node:')) return true;
  if (found.target === undefined) {
    return rule.packages.some((name) =>
      name.endsWith('*')
        ? found.specifier.startsWith(name.slice(0, -1))
        : found.specifier === name || found.specifier.startsWith(`${name}/`),
    );
  }
  const target = found.target;
  // A port is known to its adapters; an adapter of the same port is not known to its sibling.
  if (isWithin(target, homeOf(path))) return true;
  return rule.ours.some((entry) => {
    const name = entry.replace(/^types:/, '');
    if (entry.startsWith('types:') && !found.isTypeOnly) return false;
    return name.endsWith('/') ? dirname(target) === name.slice(0, -1) : isWithin(target, name);
  });
}

function homeOf(path: string): string {
  if (ports.includes(path)) return path;
  return (
    adapters.find((adapter) => path.startsWith(`${adapter}/`)) ??
    (path.includes('/') ? path.split('/')[0]! : path)
  );
}

function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

function ruleOf(path: string): Rule | undefined {
  const names = Object.keys(rules).filter((name) => isWithin(path, name));
  return rules[names.toSorted((left, right) => right.length - left.length)[0] ?? ''];
}

function readSources(): SourceFile[] {
  return walk(
    root,
    (name, folder) => folder !== root || (!notSources.has(name) && !name.startsWith('.')),
  ).map(readFile);
}

function readTests(): SourceFile[] {
  return walk(join(root, 'test'), () => true).map(readFile);
}

function walk(folder: string, enters: (name: string, folder: string) => boolean): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return enters(entry.name, folder) ? walk(path, enters) : [];
    return /\.ts$/.test(entry.name) ? [path] : [];
  });
}

function readFile(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const pattern =
    /^\s*(?:import|export)\s(?:(type)\s)?[^'";]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|new URL\(\s*'(\.[^']+\.[jt]s)'/gm;
  const imports = [...text.matchAll(pattern)].map((match): Import => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? match[5]!;
    const isOurs = specifier.startsWith('.');
    return {
      specifier,
      ...(isOurs && { target: relative(root, resolve(dirname(path), specifier)) }),
      isTypeOnly: match[1] === 'type',
    };
  });
  return { path: relative(root, path), text, imports };
}

function findCycle(sources: readonly SourceFile[]): string | undefined {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path))
      return [...trail.slice(trail.indexOf(path)), path].map((step) => basename(step)).join(' > ');
    if (done.has(path)) return undefined;
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      const cycle = target === undefined || isTypeOnly ? undefined : visit(target, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of sources) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
