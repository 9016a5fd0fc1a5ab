// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of sources

/** A place where a scope, a role or a tenant is held against what is asked for, and how it looks when it is not. */
export interface GuardedPlace {
  readonly file: string;
  readonly what: string;
  /** Stands once in the file. */
  readonly text: string;
  readonly without: string;
  /** What is run to notice, first the quickest; all of it has to pass for the place to be called unguarded. */
  readonly checks: readonly CheckName[];
}

export type CheckName = keyof typeof checks;

/** Runs of the test runner, by name. */
export const checks = {
  domain: ['--project', 'unit', 'test/domain/access', 'test/domain/expiry', 'test/domain/document-record'],
  api: ['--project', 'unit', 'test/api/access-matrix', 'test/api/layer-limits', 'test/api/routes'],
  identity: ['--project', 'unit', 'test/identity'],
  cursor: ['--project', 'unit', 'test/retrieval/cursor'],
  feeds: ['--project', 'unit', 'test/ingest/feed.test.ts'],
  sqlite: [
    '--project',
    'integration',
    'test/search-engine/sqlite',
    '-t',
    '(access|expiry|tenancy|state store)',
  ],
  opensearch: [
    ...['--project', 'integration', 'test/search-engine/opensearch/search-engine'],
    ...['test/search-engine/opensearch/state-store', '-t', '(access|expiry|tenancy|state store)'],
  ],
  proxy: ['--project', 'end-to-end', 'test/end-to-end/isolation-proxy.test.ts'],
  routes: ['--project', 'end-to-end', 'test/end-to-end/isolation.test.ts'],
  matrix: ['--project', 'end-to-end', 'test/end-to-end/isolation-matrix.test.ts'],
  access: ['--project', 'end-to-end', 'test/end-to-end/isolation-access.test.ts'],
} as const;

const onOpenSearch = ['opensearch', 'proxy'] as const;
const scopeQuery = 'search-engine/opensearch/scope-query.ts';
const selection = 'search-engine/sqlite/selection.ts';

function place(
  file: string,
  what: string,
  text: string,
  without: string,
  ...run: readonly CheckName[]
): GuardedPlace {
  return { file, what, text, without, checks: run };
}

/** Every place. What reads under a scope and does not stand here is a hole in this list. */
export const places: readonly GuardedPlace[] = [
  // The rules themselves.
  place(
    'domain/access.ts',
    'deny',
    '  if (access?.deny?.some((principal) => scope.principals.includes(principal))) return false;\n',
    '',
    'domain',
  ),
  place(
    'domain/access.ts',
    'allow',
    'return access.allow.some((principal) => scope.principals.includes(principal));',
    'return true;',
    'domain',
  ),
  place('domain/access.ts', 'required lists', 'return !scope.accessRequired;', 'return true;', 'domain'),
  place(
    'domain/document-record.ts',
    'expiry',
    "return scope.reach === 'operator' || !hasExpired(record.expiry?.value, nowMs);",
    'return nowMs > 0;',
    'domain',
  ),
  place(
    'domain/document-record.ts',
    'access list and state of a shown record',
    'if (!isLive(record) || !mayRead(scope, record.access?.value)) return false;',
    '',
    'domain',
    'sqlite',
  ),
  place(
    'domain/expiry.ts',
    'the moment of expiry',
    'Date.parse(expiresAt) <= nowMs',
    'Date.parse(expiresAt) > nowMs',
    'domain',
  ),

  // OpenSearch: the scope's filter, and each query that it stands in.
  place(scopeQuery, 'tenant', '    { term: { tenantId: scope.tenantId } },\n', '', ...onOpenSearch),
  place(scopeQuery, 'access list and expiry', '    ...accessQuery(scope),\n', '', ...onOpenSearch),
  place(scopeQuery, 'deny', '          { terms: { deny: scope.principals } },\n', '', ...onOpenSearch),
  place(
    scopeQuery,
    'expiry',
    '          { range: { expiresAt: { lte: new Date().toISOString() } } },\n',
    '',
    ...onOpenSearch,
  ),
  place(
    scopeQuery,
    'required lists',
    'scope.accessRequired ? [allowed] : [allowed, { term: { restricted: false } }]',
    '[allowed, { term: { restricted: false } }]',
    ...onOpenSearch,
  ),
  place(
    scopeQuery,
    'one of the conditions must hold',
    'minimum_should_match: 1,',
    'minimum_should_match: 0,',
    ...onOpenSearch,
  ),
  place(
    'search-engine/opensearch/opensearch-search-engine.ts',
    'lexical leg',
    'lexicalSearch(query, words, readable(scope, query.filter))',
    'lexicalSearch(query, words, [])',
    ...onOpenSearch,
  ),
  place(
    'search-engine/opensearch/opensearch-search-engine.ts',
    'dense leg',
    'denseSearch(dense!.vector, neighbours, readable(scope, filter), order)',
    'denseSearch(dense!.vector, neighbours, readable(scope, filter).slice(9), order)',
    ...onOpenSearch,
  ),
  place(
    'search-engine/opensearch/facets.ts',
    'facets, and the documents that match their text',
    'const filters = readable(scope, filter);',
    'const filters = readable(scope, filter).slice(9);',
    ...onOpenSearch,
  ),
  place(
    'search-engine/opensearch/facets.ts',
    'documents that match the text of facets',
    'filter: filters } },',
    'filter: [] } },',
    'proxy',
    'opensearch',
  ),
  place(
    'search-engine/opensearch/fetch-chunks.ts',
    'chunks that are shown',
    '[...readable(scope), { terms: { chunkId: ids } }]',
    '[{ terms: { chunkId: ids } }]',
    'proxy',
    'opensearch',
  ),
  place(
    'search-engine/opensearch/fetch-chunks.ts',
    'records of what is shown',
    '|| !mayShow(scope, record)',
    '',
    'opensearch',
    'access',
  ),
  place(
    'search-engine/opensearch/fetch-chunks.ts',
    'key of the records of what is shown',
    'const key = documentKey(scope.tenantId, documentId);',
    "const key = documentKey('t1', documentId);",
    'proxy',
    'opensearch',
  ),
  place(
    'search-engine/opensearch/opensearch-document-store.ts',
    'list',
    '...readable(scope), { terms: { status',
    '{ terms: { status',
    ...onOpenSearch,
  ),
  place(
    'search-engine/opensearch/opensearch-document-store.ts',
    'chunks of a document',
    '!mayShow(scope, record)) return [];\n        const current',
    'false) return [];\n        const current',
    'opensearch',
    'proxy',
  ),
  place(
    'search-engine/opensearch/opensearch-document-store.ts',
    'parents of a document',
    '!mayShow(scope, record)) return [];\n      return writing',
    'false) return [];\n      return writing',
    'opensearch',
  ),
  place(
    'search-engine/opensearch/opensearch-search-engine.ts',
    'scores of the other leg',
    '      ...readable(scope, query.filter),\n',
    '',
    'proxy',
  ),
  place(
    'search-engine/opensearch/vector-cache.ts',
    'tenant in the id of a vector',
    'update(`${tenantId}\\0${fingerprint}`)',
    'update(`${fingerprint}`)',
    'opensearch',
    'routes',
  ),
  place(
    'search-engine/opensearch/opensearch-state-store.ts',
    'owner in the id of state',
    '.update(JSON.stringify([owner, collection, key]))',
    '.update(JSON.stringify([collection, key]))',
    'opensearch',
    'routes',
  ),
  place(
    'search-engine/opensearch/opensearch-state-store.ts',
    'owner in the list of state',
    "...(owner === 'all' ? [] : [{ term: { owner: ownerOf(owner) } }]),",
    '',
    'opensearch',
    'routes',
  ),

  // SQLite: a file a tenant, and the selection that each query uses.
  place(
    'search-engine/sqlite/data-folder.ts',
    'a file each tenant',
    '`${prefix}${checkTenantId(tenantId)}${extension}`',
    '`${prefix}${checkTenantId(tenantId).slice(0, 1)}${extension}`',
    'sqlite',
  ),
  place(
    selection,
    'access list and expiry',
    '  if (isRestricted(database, scope, now)) conditions.push(accessCondition(scope, now));\n',
    '',
    'sqlite',
  ),
  place(selection, 'whether any document has a list', 'EXISTS (${listedSql}) OR ', '', 'sqlite'),
  place(selection, 'whether any document has expired', 'EXISTS (${expiredSql})', 'FALSE', 'sqlite'),
  place(selection, 'whether lists are required', '  if (scope.accessRequired) return true;\n', '', 'sqlite'),
  place(
    'search-engine/sqlite/access-rows.ts',
    'deny',
    "document NOT IN ${named('deny')} AND ",
    'document NOT IN (SELECT document FROM access WHERE FALSE AND principal IN (SELECT value FROM json_each(?))) AND ',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/access-rows.ts',
    'expiry',
    'document NOT IN (${expiredSql})',
    'document NOT IN (SELECT document FROM access WHERE FALSE AND principal <= ?)',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/access-rows.ts',
    'required lists',
    'scope.accessRequired ? allowed : `(has_allow = 0 OR ${allowed})`',
    '`(has_allow = 0 OR ${allowed})`',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/lexical-leg.ts',
    'lexical leg',
    "${selection.isAll ? '' : withinSelection}`",
    '`',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/dense-leg.ts',
    'dense leg, of all',
    'selection.isAll ? near : keepSelected(database, near)',
    'near',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/dense-leg.ts',
    'dense leg, one by one',
    "selection.isAll ? 'chunks' : 'temp.matching CROSS JOIN chunks USING (document)'",
    "'chunks'",
    'sqlite',
  ),
  place('search-engine/sqlite/facets.ts', 'facets', "selection.isAll ? '' : matching;", "'';", 'sqlite'),
  place(
    'search-engine/sqlite/facets.ts',
    'documents that match the text of facets',
    "WHERE lexical MATCH ? ${selection.isAll ? '' : matching}`",
    'WHERE lexical MATCH ?`',
    'sqlite',
  ),
  place('search-engine/sqlite/fetch.ts', 'chunks that are shown', '|| !mayShow(scope, record)', '', 'sqlite'),
  place(
    'search-engine/sqlite/read-documents.ts',
    'list',
    'if (!(isLive(record) ? mayShow(scope, record) : mayRead(scope, record.access?.value))) continue;',
    '',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/read-documents.ts',
    'chunks of a document',
    '!mayShow(scope, stored.record)) return [];\n    const rows',
    'false) return [];\n    const rows',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/read-documents.ts',
    'parents of a document',
    '!mayShow(scope, stored.record)) return [];\n    return database',
    'false) return [];\n    return database',
    'sqlite',
  ),
  place(
    'search-engine/sqlite/fetch.ts',
    'what candidates are compared by',
    '      if (!mayShow(scope, record)) continue;\n',
    '',
    'sqlite',
  ),

  // What stands between requests and reads.
  place('pipeline.ts', 'a document that is asked for', '|| !mayShow(scope, record)', '', 'access'),
  place(
    'pipeline.ts',
    'tombstones',
    "if (page.deleted && scope.reach !== 'operator')",
    'if (page.deleted && false)',
    'domain',
    'api',
    'access',
  ),
  place(
    'retrieval/cursor.ts',
    'tenant of a cursor',
    'if (cursor.request !== requestHash(tenantId, request)) throw malformed();',
    '',
    'cursor',
    'routes',
  ),
  place(
    'ingest/feed-apply.ts',
    'tenant of a change event',
    'if (event.tenantId === undefined || event.tenantId === scope.tenantId) return { scope, event };',
    'return { scope, event };',
    'feeds',
    'routes',
  ),
  place('api/authenticate.ts', 'role', '      requireRole(identity, requirement);\n', '', 'api'),
  place(
    'api/authenticate.ts',
    'tenant in the header',
    '      requireTenant(context, identity);\n',
    '',
    'api',
  ),
  place(
    'api/authenticate.ts',
    'routes without a role',
    "if (requirement === undefined) throw new BraidError('forbidden', 'Cannot serve a route that has no role');",
    "if (requirement === undefined) return 'public';",
    'api',
  ),
  place(
    'api/authenticate.ts',
    'identity before the header',
    'if (identity !== undefined) return identity.scope;',
    '',
    'api',
  ),
  place(
    'api/role-table.ts',
    'a server with a route without a role starts',
    'if (missing.length > 0) {',
    'if (missing.length > 999) {',
    'api',
  ),
  place(
    'identity/authenticator.ts',
    'principals of a key',
    "return { kind: 'key', subject, roles, scope: scopes.reader(tenantId, principals) };",
    "return { kind: 'key', subject, roles, scope: scopes.reader(tenantId, [...principals, 'user:z', 'user:b']) };",
    'identity',
    'access',
  ),
  place('identity/tokens.ts', 'issuer', '      issuer: options.issuer,\n', '', 'identity'),
  place('identity/tokens.ts', 'audience', '      audience: options.audience,\n', '', 'identity'),
  place(
    'identity/tokens.ts',
    'expiry that must be there',
    "requiredClaims: ['exp', 'sub'],",
    "requiredClaims: ['sub'],",
    'identity',
  ),
  place(
    'identity/tokens.ts',
    'one spelling of a token',
    "    if (!token.split('.').every(isCanonical)) throw new TypeError('not canonical base64url');\n",
    '',
    'identity',
  ),
  place(
    'identity/tokens.ts',
    'tenant claim',
    "typeof tenantId !== 'string' || !tenantIdPattern.test(tenantId)",
    'false',
    'identity',
  ),
  place(
    'identity/tokens.ts',
    'principals claim',
    "texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== '')",
    'false',
    'identity',
  ),
  place('identity/tokens.ts', 'roles that exist', '.filter(isRole)', '', 'identity'),
  place('identity/api-keys.ts', 'secret of a key', '!isSame || ', '', 'identity'),
  place(
    'identity/api-keys.ts',
    'revocation',
    'stored?.revokedAt !== undefined ||\n',
    'false ||\n',
    'identity',
  ),
  place(
    'identity/api-keys.ts',
    'end of a key',
    '(stored?.expiresAt !== undefined && !(Date.parse(stored.expiresAt) > now()))',
    'false',
    'identity',
  ),
  place(
    'identity/guarded-writes.ts',
    'forgetting while a tenant is deleted',
    '        await guard.requireWritable(scope.tenantId);\n        await documents.forget',
    '        await documents.forget',
    'identity',
  ),
  place(
    'identity/guarded-writes.ts',
    'documents while a tenant is deleted',
    '      await guard.requireWritable(scope.tenantId);\n      await documents.replace',
    '      await documents.replace',
    'identity',
  ),
  place(
    'identity/guarded-writes.ts',
    'state while a tenant is deleted',
    "      if (owner !== 'system') await guard.requireWritable(owner.tenantId);\n",
    '',
    'identity',
  ),
];
