import { describe, expect, it } from 'vitest';
import { createApiKeys } from '../../identity/api-keys.ts';
import type { StateStore } from '../../search-engine/state-store.ts';
import { createMemorySubject } from '../search-engine/memory-subject.ts';

const request = { tenantId: 'left', roles: ['search'], principals: ['group:staff'] };

describe('createApiKeys', () => {
  const open = (now?: () => number) => {
    const { state } = createMemorySubject(8);
    return { state, keys: createApiKeys(state, now) };
  };

  it('verifies what it created, with tenant, principals and roles', async () => {
    const { keys } = open();
    const { key, stored } = await keys.create(request);
    expect(key).toMatch(/^braid_[a-f0-9]{16}_[\w-]{43}$/);
    expect(await keys.verify(key)).toEqual(stored);
    expect(stored).toMatchObject(request);
  });

  it('stores neither key nor secret, and shows no hash', async () => {
    const { state, keys } = open();
    const { key, stored } = await keys.create(request);
    const secret = key.split('_').slice(2).join('_');
    const [entry] = await state.list('system', 'api-keys', { limit: 10 });
    expect(JSON.stringify(entry)).not.toContain(secret);
    expect(JSON.stringify([stored, await keys.list(), await keys.revoke(stored.keyId)])).not.toContain(
      'Hash',
    );
  });

  it('refuses every key that differs in one character, and those of no known form', async () => {
    const { keys } = open();
    const { key } = await keys.create(request);
    const changed = [...key].map(
      (letter, at) => key.slice(0, at) + (letter === 'x' ? 'y' : 'x') + key.slice(at + 1),
    );
    for (const wrong of [
      ...changed,
      '',
      'braid_',
      key.slice(0, -1),
      `${key}x`,
      ` ${key}`,
      key.toUpperCase(),
    ]) {
      await expect(keys.verify(wrong), wrong).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('refuses a revoked key at once here, and within a second in another process', async () => {
    let time = Date.now();
    const { state, keys } = open(() => time);
    const elsewhere = createApiKeys(state, () => time);
    const { key, stored } = await keys.create(request);
    await elsewhere.verify(key);
    await keys.revoke(stored.keyId);
    await expect(keys.verify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    time += 999;
    await expect(elsewhere.verify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('ends a key when its time has come', async () => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    const { keys } = open(() => time);
    const { key } = await keys.create({ ...request, expiresAt: '2026-01-01T01:00:00Z' });
    await keys.verify(key);
    time += 3_600_000;
    await expect(keys.verify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each([
    ['a role that does not exist', { roles: ['root'] }],
    ['no role', { roles: [] }],
    ['a malformed tenant', { tenantId: 'A/b' }],
    ['an empty principal', { principals: [''] }],
    ['10,000 principals', { principals: Array.from({ length: 10_000 }, (_, at) => `group:${at}`) }],
    ['an expiry that has passed', { expiresAt: '2001-01-01' }],
    ['an expiry that is no time', { expiresAt: 'soon' }],
  ])('refuses %s', async (_, change) => {
    const { keys } = open();
    await expect(keys.create({ ...request, ...change })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await keys.list()).toEqual([]);
  });

  it('lists by tenant and removes those of one', async () => {
    const { keys } = open();
    for (const tenantId of ['left', 'right', 'left']) await keys.create({ ...request, tenantId });
    expect(await keys.list('left')).toHaveLength(2);
    expect(await keys.removeOf('left')).toBe(2);
    expect((await keys.list()).map(({ tenantId }) => tenantId)).toEqual(['right']);
  });

  it('lets nobody in where the store cannot be read, and recovers', async () => {
    const { state, keys } = open();
    const { key } = await keys.create(request);
    let isAway = true;
    const failing: StateStore = {
      ...state,
      get: (...given) => (isAway ? Promise.reject(new Error('away')) : state.get(...given)),
    };
    const guarded = createApiKeys(failing);
    await expect(guarded.verify(key)).rejects.toThrow('away');
    isAway = false;
    expect(await guarded.verify(key)).toMatchObject(request);
  });

  it('says that there is no such key to revoke', async () => {
    const { keys } = open();
    await expect(keys.revoke('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});
