// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts that templates would read

/** One request that tries to bring something of an engine's own language in. */
export interface Injection {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  /** True where it is input like any other: it must be served. The others must be refused. */
  readonly isText: boolean;
}

/** Texts that mean something to Lucene, OpenSearch, SQLite, FTS5, shells and templates, or close what they stand in. */
const texts: readonly string[] = [
  ...[
    '*:*',
    '*',
    '?',
    '_id:*',
    'tenantId:t1',
    'tenantId:(t1 OR t2)',
    '_exists_:tenantId',
    'body:/.*/',
    '[* TO *]',
  ],
  ...[
    'title:a^9999',
    '"unclosed',
    "it's",
    "' OR '1'='1",
    "'; DROP TABLE documents; --",
    '1) OR (1=1',
    'a NEAR/0 b',
  ],
  ...[
    '{heading body} : a',
    'AND',
    'OR NOT',
    '- +',
    '(((((',
    ')))))',
    '\\',
    '\\\\*',
    '\u0000',
    'a\u0000b',
    '\n{"match_all":{}}\n',
  ],
  ...[
    '"}},{"match_all":{}}',
    '}]}},"script":{"source":"1"}',
    '{"query":{"match_all":{}}}',
    '$',
    '${jndi:ldap://x}',
    '{{7*7}}',
  ],
  ...[
    '<script>',
    '%',
    '%_%',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    '..',
    '../../etc/passwd',
  ],
  ...[
    '\u202e\u2066',
    '\u{1f600}'.repeat(50),
    '\ufeff',
    '\ufffd',
    "params.value; ctx._source.remove('tenantId')",
  ],
  `${'a?'.repeat(500)}${'a'.repeat(500)}`,
  `/(${'a+'.repeat(400)})+$/`,
];

/** Objects of OpenSearch's query language, where a value or a filter belongs. */
const queries: readonly object[] = [
  { script: { script: { source: 'true', lang: 'painless' } } },
  { script: 'true' },
  { match_all: {} },
  { query_string: { query: '*:*' } },
  { simple_query_string: { query: '*' } },
  { regexp: { body: `.*${'a'.repeat(10_000)}` } },
  { wildcard: { tenantId: '*' } },
  { term: { tenantId: 't1' } },
  { terms: { tenantId: { index: 'x', id: '1', path: 'p' } } },
  { bool: { should: [{ match_all: {} }] } },
  { bool: { must_not: [] } },
  { nested: { path: 'metadata', query: { match_all: {} } } },
  { function_score: { script_score: { script: '1' } } },
  { script_score: { query: { match_all: {} }, script: { source: '1' } } },
  { more_like_this: { like: 'x' } },
  { percolate: { field: 'query' } },
  { wrapper: { query: 'eyJtYXRjaF9hbGwiOnt9fQ==' } },
  { exists: { field: 'tenantId' } },
  { ids: { values: ['1'] } },
  { knn: { vector: { vector: [1], k: 1 } } },
  { has_child: { type: 'x', query: {} } },
  { intervals: { body: {} } },
  { $where: '1' },
  { $ne: null },
  { aggs: { all: { global: {} } } },
  { runtime_mappings: {} },
  JSON.parse('{"__proto__":{"equals":{"key":"a","value":1}}}') as object,
  { constructor: { prototype: {} } },
];

/** At least 500 of them. */
export function injections(): Injection[] {
  const search = (name: string, parts: object, isText: boolean): Injection => ({
    name,
    method: 'POST',
    path: '/v1/search',
    body: { query: 'note', topK: 50, ...parts },
    isText,
  });
  const made: Injection[] = [];
  for (const [at, text] of texts.entries()) {
    const value = text;
    made.push(
      search(`query ${at}`, { query: text }, text.trim() !== ''),
      search(`equals ${at}`, { filter: { equals: { key: 'parity', value } } }, true),
      search(`notEquals ${at}`, { filter: { notEquals: { key: 'parity', value } } }, true),
      search(`startsWith ${at}`, { filter: { startsWith: { key: 'parity', value } } }, true),
      search(`stringContains ${at}`, { filter: { stringContains: { key: 'owner', value } } }, true),
      search(`listContains ${at}`, { filter: { listContains: { key: 'owner', value } } }, true),
      search(`in ${at}`, { filter: { in: { key: 'parity', value: [value, 'even'] } } }, true),
      search(`greaterThan ${at}`, { filter: { greaterThan: { key: 'parity', value } } }, true),
    );
    if (Buffer.byteLength(text) <= 100) {
      made.push(
        search(`key ${at}`, { filter: { equals: { key: text, value: 'even' } } }, true),
        search(`facet ${at}`, { facets: [{ key: text }], dense: { weight: 0 } }, true),
      );
    }
    made.push({
      name: `answer ${at}`,
      method: 'POST',
      path: '/v1/answer',
      body: { question: text },
      isText: text.trim() !== '',
    });
  }
  for (const [at, query] of queries.entries()) {
    made.push(
      search(`filter ${at}`, { filter: query }, false),
      search(
        `filter in andAll ${at}`,
        { filter: { andAll: [{ equals: { key: 'a', value: 1 } }, query] } },
        false,
      ),
      search(`value ${at}`, { filter: { equals: { key: 'a', value: query } } }, false),
      search(`list ${at}`, { filter: { in: { key: 'a', value: [query] } } }, false),
      search(`beside ${at}`, query, false),
      search(`facet ${at}`, { facets: [{ key: 'a', ...query }] }, false),
    );
  }
  const leaf = { equals: { key: 'a', value: 1 } };
  made.push(
    search('2,000 clauses', { filter: { orAll: Array.from({ length: 2_000 }, () => leaf) } }, false),
    search(
      '2,000 values',
      { filter: { in: { key: 'a', value: Array.from({ length: 2_000 }, (_, n) => n) } } },
      false,
    ),
    search(
      '11 deep',
      { filter: Array.from({ length: 11 }).reduce<object>((inner) => ({ andAll: [inner, leaf] }), leaf) },
      false,
    ),
    search(
      'a text of 10,000',
      { filter: { stringContains: { key: 'a', value: `.*${'a'.repeat(10_000)}` } } },
      false,
    ),
    search('a cursor that is a query', { cursor: '{"match_all":{}}' }, false),
    search('a field of the engine', { lexical: { fields: { tenantId: 2 } } }, false),
    search('sort', { sort: ['_doc'] }, false),
    search('size', { size: 10_000 }, false),
    search('_source', { _source: true }, false),
  );
  for (const text of ['*', '_all', '_search', '..%2f..%2f_cat', '%00', '%2a%3a%2a', '_doc%2f1', '%22%7d']) {
    made.push({ name: `id ${text}`, method: 'GET', path: `/v1/documents/${text}`, isText: false });
  }
  return made;
}

/** Names in OpenSearch's language that Braid has no use for. */
const unused = new Set([
  ...[
    'query_string',
    'simple_query_string',
    'regexp',
    'fuzzy',
    'match_all',
    'function_score',
    'script_score',
  ],
  ...[
    'more_like_this',
    'percolate',
    'wrapper',
    'exists',
    'has_child',
    'intervals',
    'runtime_mappings',
    'global',
  ],
  ...[
    'scripted_metric',
    '$where',
    '$ne',
    'script_fields',
    'constructor',
    '__proto__',
    'lookup',
    'path_match',
  ],
]);

/** The one script that Braid sends: it looks for a long text, which it is given as a parameter. */
const ownScript =
  /^for \(def held : doc\['metadata\.(string|list)'\]\) \{ if \(held\.contains\(params\.value\)\)/;

/** Parts of a request body that are no query of Braid's own making: by name, since callers' words stand in values alone. */
export function foreignDsl(body: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, path);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (unused.has(name)) found.push(`${path}.${name}`);
      // Terms that are looked up in another document.
      if (name === 'terms' && hasObject(inner)) found.push(`${path}.terms`);
      if (name === 'source' && path.endsWith('script') && !ownScript.test(String(inner)))
        found.push(`${path}.source`);
      walk(inner, `${path}.${name}`);
    }
  };
  for (const line of body.split('\n').filter((text) => text.startsWith('{'))) walk(JSON.parse(line), '');
  return found;
}

function hasObject(terms: unknown): boolean {
  if (typeof terms !== 'object' || terms === null) return false;
  return Object.values(terms).some(
    (value) => typeof value === 'object' && value !== null && 'index' in value,
  );
}
