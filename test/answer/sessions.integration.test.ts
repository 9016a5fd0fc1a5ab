import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSessions } from '../../answer/sessions.ts';
import { createTurns } from '../../answer/turns.ts';
import { type Braid, createBraid } from '../../braid.ts';
import { collectAnswer } from '../../cli/collect-answer.ts';
import { loadConfig } from '../../config.ts';
import type { Access } from '../../domain/access.ts';
import { NotFound, TenantDeleting } from '../../domain/errors.ts';
import { createSqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { scopes as makers } from '../search-engine/scopes.ts';

/** Sessions over the embedded engine, with the real models. */

let folder: string;
let braid: Braid;

async function write(documentId: string, content: string, access?: Access): Promise<void> {
  const document = { documentId, source: 'test', content, ...(access !== undefined && { access }) };
  await braid.pipeline.write(
    braid.scopes.operator('default'),
    { operation: 'upsert', document },
    { searchable: true },
  );
}

const anna = (): ReturnType<Braid['scopes']['reader']> =>
  braid.scopes.reader('default', ['user:anna', 'group:crew']);
const ask = (question: string, sessionId?: string, scope = anna()) =>
  collectAnswer(braid.pipeline.answer(scope, { question, ...(sessionId !== undefined && { sessionId }) }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-sessions-'));
  const overrides = { data: folder, log: { level: 'silent' as const } };
  braid = await createBraid(await loadConfig({ overrides, environment: {}, cwd: folder }));
  await write('rudder.txt', 'The rudder of an aircraft is inspected every three weeks by the crew chief.');
  await write('wing.txt', 'The wing of an aircraft is painted in a colour called falcon grey.', {
    allow: ['user:anna'],
  });
}, 60_000);
afterAll(async () => {
  await braid.close();
  await rm(folder, { recursive: true, force: true });
});

describe('sessions', () => {
  it('understand a follow-up by what was asked before, and name themselves', async () => {
    const first = await ask('How often is the rudder inspected?', 'new');
    expect(first.sessionId).toMatch(/^[\w-]{22}$/);
    const second = await ask('And by whom?', first.sessionId);
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.search.query).toBe('How often is the rudder inspected? And by whom?');
    expect(second.answer.text).toContain('crew chief');
    expect((await ask('How often is the rudder inspected?')).sessionId).toBeUndefined();
  });

  it('do not exist for another principal, another tenant, or anybody who guesses', async () => {
    const { sessionId } = await ask('How often is the rudder inspected?', 'new');
    const refusals = await Promise.all(
      [
        ask('And by whom?', sessionId, braid.scopes.reader('default', ['user:bob', 'group:crew'])),
        ask('And by whom?', sessionId, braid.scopes.reader('default')),
        ask('And by whom?', sessionId, braid.scopes.reader('other', ['user:anna', 'group:crew'])),
        ask('And by whom?', `${sessionId!.slice(0, -1)}${sessionId!.endsWith('A') ? 'Q' : 'A'}`),
        ask('And by whom?', 'short'),
      ].map((asked) => asked.catch((error: unknown) => error)),
    );
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(NotFound);
    const shapes = refusals.map((refusal) => (refusal as Error).message.replace(/"[\w-]+"/, '""'));
    expect(new Set(shapes).size).toBe(1);
    // A group more or less is the same person.
    await ask('And by whom?', sessionId, braid.scopes.reader('default', ['user:anna']));
  });

  it('are counted and removed with their tenant', async () => {
    const scope = braid.scopes.reader('leaving', ['user:anna']);
    const { sessionId } = await ask('Anything?', 'new', scope);
    const deletion = await braid.tenantDeletions.delete('leaving');
    expect(deletion.removed.state.sessions).toBe(1);
    await expect(ask('And?', sessionId, scope)).rejects.toThrow(NotFound);
  }, 20_000);
});

describe('createSessions', () => {
  let adapter: Awaited<ReturnType<typeof createSqliteEngine>>;
  let time = 0;
  const make = (maxHistoryTokens = 1_000, lifeOf?: (tenantId: string) => Promise<string>) =>
    createSessions(
      {
        ...(lifeOf && { lifeOf }),
        state: adapter.state,
        engine: braid.engine,
        countTokens: (text) => text.length,
        scopeOf: makers.operator,
      },
      { expireMinutes: 10, maxHistoryTokens },
      () => time,
    );
  const answered = (
    answer: string,
    restedOn: { chunkId: string; documentId: string; contentHash: string }[] = [],
  ) => ({
    standAlone: 'q',
    answer,
    restedOn,
  });

  beforeAll(async () => {
    adapter = await createSqliteEngine({
      folder: join(folder, 'sessions'),
      embedding: { modelId: 'm', dimensions: 4 },
      telemetry: silentTelemetry,
    });
  });
  afterAll(() => adapter.close());

  it('begins none for an answer that took longer than the deletion of its tenant', async () => {
    let life = 'first';
    const sessions = make(1_000, async () => life);
    const turns = createTurns(
      sessions,
      () => ({ withholdUngrounded: false, linkHosts: [] }),
      silentTelemetry,
    );
    const scope = makers.reader('overtaken', []);
    const open = () => turns(scope, { question: 'why?', sessionId: 'new' }, {} as never, {});
    const response = { answer: { text: 'so' }, passages: [], guardrails: [], endReason: 'complete' } as never;
    const overtaken = await open();
    life = 'second';
    await expect(overtaken.keep(response)).rejects.toThrow(TenantDeleting);
    expect(await adapter.state.list(scope, 'sessions', { limit: 10 })).toEqual([]);
    const id = await (await open()).keep(response);
    expect(await sessions.read(scope, id!)).toHaveLength(1);
    await adapter.state.remove(scope, 'sessions', id!);
  });

  it('forgets what an answer said when a passage of it may no longer be read, has changed or has gone', async () => {
    const sessions = make();
    const chunks = async (id: string) => {
      const { record, chunks: found } = await braid.pipeline.document(braid.scopes.operator('default'), id);
      return found.map(({ chunkId }) => ({
        chunkId,
        documentId: id,
        contentHash: record.content!.contentHash,
      }));
    };
    const turn = { question: 'Which colour?', answered: answered('falcon grey', await chunks('wing.txt')) };
    const id = await sessions.add(anna(), undefined, turn);
    expect(await sessions.read(anna(), id)).toEqual([turn]);
    await write('wing.txt', 'The wing of an aircraft is painted in a colour called falcon grey.', {
      allow: ['user:bob'],
    });
    expect(await sessions.read(anna(), id)).toEqual([{ question: 'Which colour?' }]);
    await write('wing.txt', 'The wing of an aircraft is painted blue.', { allow: ['user:anna'] });
    expect(await sessions.read(anna(), id)).toEqual([{ question: 'Which colour?' }]);
    const again = { question: 'And now?', answered: answered('blue', await chunks('wing.txt')) };
    await sessions.add(anna(), id, again);
    expect(await sessions.read(anna(), id)).toEqual([{ question: 'Which colour?' }, again]);
    await braid.pipeline.write(braid.scopes.operator('default'), {
      operation: 'delete',
      documentId: 'wing.txt',
      source: 'test',
    });
    expect((await sessions.read(anna(), id)).every((held) => held.answered === undefined)).toBe(true);
  });

  it('ends some time after its last turn, and is swept then', async () => {
    const sessions = make();
    const id = await sessions.add(anna(), undefined, { question: 'a' });
    time += 9 * 60_000;
    await sessions.add(anna(), id, { question: 'b' });
    time += 9 * 60_000;
    expect(await sessions.read(anna(), id)).toHaveLength(2);
    expect(await sessions.sweep()).toBe(1);
    time += 2 * 60_000;
    await expect(sessions.read(anna(), id)).rejects.toThrow(NotFound);
    await expect(sessions.add(anna(), id, { question: 'c' })).rejects.toThrow(NotFound);
    expect(await sessions.sweep()).toBe(1);
    expect(await sessions.sweep()).toBe(0);
  });

  it('keeps the newest turns that fit, and loses none of those that come at once', async () => {
    const sessions = make(10);
    const id = await sessions.add(anna(), undefined, { question: '12345' });
    await sessions.add(anna(), id, { question: '1234', answered: answered('12') });
    expect(await sessions.read(anna(), id)).toMatchObject([{ question: '1234' }]);
    await Promise.all(['x', 'y', 'z'].map((question) => sessions.add(anna(), id, { question })));
    expect(
      (await make(100).read(anna(), id))
        .map(({ question }) => question)
        .slice(2)
        .toSorted(),
    ).toEqual(['x', 'y', 'z']);
  });

  it('sweeps the rest where one cannot be removed, and says what was left', async () => {
    const sessions = make();
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((question) => sessions.add(anna(), undefined, { question })),
    );
    time += 60 * 60_000;
    let failing = ids[0];
    const failingOnce = createSessions(
      {
        state: {
          ...adapter.state,
          async remove(scope, collection, key) {
            if (key === failing) throw new Error('away');
            return adapter.state.remove(scope, collection, key);
          },
        },
        engine: braid.engine,
        countTokens: (text) => text.length,
        scopeOf: makers.operator,
      },
      { expireMinutes: 10, maxHistoryTokens: 100 },
      () => time,
    );
    await expect(failingOnce.sweep()).rejects.toThrow(/^Cannot remove 1 expired sessions, removed [2-9]$/);
    failing = undefined;
    expect(await failingOnce.sweep()).toBe(1);
  });
});
