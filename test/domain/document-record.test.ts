import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access } from '../../domain/access.ts';
import {
  type Change,
  canonicalJson,
  type DocumentRecord,
  isLive,
  mayShow,
  mergeChange,
  recordVersion,
} from '../../domain/document-record.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { createScopeMaker } from '../../identity/scope.ts';

const where = { tenantId: 'default', recipe: 'recipe', now: '2026-01-02T03:04:05.678Z' };
const of = { documentId: 'a', source: 'docs' };

const content = (text: string) => ({ contentHash: text, mediaType: 'text/plain', bytes: text.length });
const upsert = (version: bigint | undefined, text = 'text', parts: Partial<Change> = {}): Change => ({
  operation: 'upsert',
  ...of,
  ...(version !== undefined && { version }),
  content: content(text),
  ...parts,
});
const patch = (version: bigint | undefined, parts: Partial<Change>): Change => ({
  operation: 'patch',
  ...of,
  ...(version !== undefined && { version }),
  ...parts,
});
const remove = (version: bigint | undefined): Change => ({
  operation: 'delete',
  ...of,
  ...(version !== undefined && { version }),
});

function mergeAll(changes: readonly Change[]): DocumentRecord | undefined {
  return changes.reduce<DocumentRecord | undefined>(
    (stored, change) => mergeChange(stored, change, where).record,
    undefined,
  );
}

const version = fc.bigInt({ min: 0n, max: 4n });
const metadata = fc.constantFrom({}, { k: 'x' }, { k: 1 }, { list: ['a'] });
const access: fc.Arbitrary<Access> = fc.constantFrom(
  {},
  { allow: [] },
  { allow: ['user:a'] },
  { deny: ['user:a'] },
);
const times = ['2001-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z'] as const;
const expiresAt = fc.constantFrom(...times);
const label = fc.constantFrom({}, { title: 'new' }, { title: 'newer', uri: 'https://example.com' });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(
      version,
      fc.constantFrom('one', 'two'),
      fc.record({ metadata, access, expiresAt }, { requiredKeys: [] }),
    )
    .map(([at, text, parts]) => upsert(at, text, parts)),
  fc
    .tuple(
      version,
      fc.record(
        { metadata, access, label, expiresAt: fc.constantFrom(null, ...times) },
        { requiredKeys: [] },
      ),
    )
    .map(([at, parts]) => patch(at, parts)),
  version.map(remove),
);

const scopes = createScopeMaker({ accessRequired: () => false });

describe('mayShow', () => {
  const ending = mergeAll([upsert(1n, 'one', { expiresAt: times[1] })])!;
  const at = Date.parse(times[1]);

  it('shows a record up to its time and no longer, whichever way the clock jumps', () => {
    const reader = scopes.reader('default');
    const seen = [at - 3_600_000, at - 1, at, at + 3_600_000, at - 1].map((now) =>
      mayShow(reader, ending, now),
    );
    expect(seen).toEqual([true, true, false, false, true]);
  });

  it('shows an operator what has ended, and nobody what is deleted or has not come', () => {
    expect(mayShow(scopes.operator('default'), ending, at + 1)).toBe(true);
    for (const record of [mergeAll([remove(1n)])!, mergeAll([patch(1n, { expiresAt: null })])!]) {
      expect(mayShow(scopes.operator('default'), record)).toBe(false);
      expect(mayShow(scopes.reader('default'), record)).toBe(false);
    }
  });
});

describe('mergeChange', () => {
  it('keeps the expiry where only the access changes, and the access where only the expiry does', () => {
    const first = upsert(1n, 'one', { access: { allow: ['user:a'] }, expiresAt: times[1] });
    const byAccess = mergeAll([first, patch(2n, { access: { allow: ['user:b'] } })])!;
    expect([byAccess.access!.value, byAccess.expiry!.value]).toEqual([{ allow: ['user:b'] }, times[1]]);
    const byExpiry = mergeAll([first, patch(2n, { expiresAt: null })])!;
    expect(byExpiry.access!.value).toEqual({ allow: ['user:a'] });
    expect(byExpiry.expiry).toMatchObject({ version: 2n });
    expect(byExpiry.expiry).not.toHaveProperty('value');
  });

  it('takes no expiry from an event older than the content, which came without one', () => {
    const { outcome, record } = mergeChange(
      mergeAll([upsert(5n)]),
      patch(3n, { expiresAt: times[0] }),
      where,
    );
    expect(outcome).toBe('stale');
    expect(record).not.toHaveProperty('expiry');
    expect(mergeAll([upsert(6n), upsert(5n, 'text', { expiresAt: times[0] })])).not.toHaveProperty('expiry');
  });

  it('has an upsert and a deletion take the expiry away', () => {
    for (const last of [upsert(2n, 'two'), remove(2n)]) {
      expect(mergeAll([upsert(1n, 'one', { expiresAt: times[0] }), last])).not.toHaveProperty('expiry');
    }
  });

  it('counts another expiry as another state', () => {
    const stored = mergeAll([upsert(1n, 'one', { expiresAt: times[1] })]);
    const outcomeOf = (next: Change) => mergeChange(stored, next, where).outcome;
    expect(outcomeOf(upsert(undefined, 'one', { expiresAt: times[1] }))).toBe('unchanged');
    expect(outcomeOf(upsert(undefined, 'one'))).toBe('applied');
    expect(outcomeOf(patch(undefined, { expiresAt: times[1] }))).toBe('unchanged');
    expect(outcomeOf(patch(undefined, { expiresAt: null }))).toBe('applied');
  });

  it('ends in the same record whatever the order of the changes and however often each comes', () => {
    const histories = fc.array(change, { minLength: 1, maxLength: 7 }).chain((changes) =>
      fc.record({
        changes: fc.constant(changes),
        shuffled: fc.shuffledSubarray(
          changes.flatMap((one, at) => Array.from({ length: 3 }, (_, copy) => ({ one, id: at * 3 + copy }))),
          { minLength: changes.length * 3 },
        ),
      }),
    );
    fc.assert(
      fc.property(histories, ({ changes, shuffled }) => {
        expect(mergeAll(shuffled.map(({ one }) => one))).toEqual(mergeAll(changes));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps for each part the highest version, where at one version a deletion beats everything', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const record = mergeAll(changes);
        const carriers = {
          content: changes.filter(({ operation }) => operation !== 'patch'),
          metadata: changes.filter((one) => one.operation !== 'patch' || one.metadata !== undefined),
          access: changes.filter((one) => one.operation !== 'patch' || one.access !== undefined),
          expiry: changes.filter((one) => one.operation !== 'patch' || one.expiresAt !== undefined),
        };
        // An expiry that is not there is that of the content.
        const parts = record && { ...record, expiry: record.expiry ?? record.content };
        for (const name of ['content', 'metadata', 'access', 'expiry'] as const) {
          const candidates = carriers[name];
          const highest = candidates.reduce((most, one) => (one.version! > most ? one.version! : most), -1n);
          const atHighest = candidates.filter((one) => one.version === highest);
          expect(parts?.[name]?.version ?? -1n).toBe(highest);
          expect(parts?.[name]?.deleted ?? false).toBe(atHighest.some((one) => one.operation === 'delete'));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('shows the title of the highest change that brought one, with content or without', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const record = mergeAll(changes);
        const carriers = changes.filter((one) => one.operation !== 'patch' || one.label !== undefined);
        const highest = carriers.reduce((most, one) => (one.version! > most ? one.version! : most), -1n);
        const titles = carriers
          .filter((one) => one.version === highest)
          .map((one) => one.label?.title ?? one.content?.title);
        if (record === undefined || !isLive(record)) return;
        expect(titles).toContain(record.content!.title);
        expect(record.content!.claimed.title).toBe(record.content!.title);
      }),
      { numRuns: 500 },
    );
  });

  it('gives late content the title that came before it at a higher version', () => {
    const record = mergeAll([
      upsert(1n, 'one'),
      patch(3n, { label: { title: 'three' } }),
      upsert(2n, 'two', { content: { ...content('two'), title: 'two' } }),
    ])!;
    expect(record.content).toMatchObject({ contentHash: 'two', title: 'three', version: 2n });
    const after = mergeChange(record, upsert(4n, 'four'), where).record!;
    expect(after).not.toHaveProperty('label');
    expect(after.content).not.toHaveProperty('title');
  });

  it('sees a patch of title and address without a version for what it changes', () => {
    const label = { title: 'three', uri: 'https://example.com/' };
    for (const stored of [mergeAll([upsert(1n, 'one')])!, mergeAll([remove(1n)])!]) {
      const changed = mergeChange(stored, patch(undefined, { label }), where);
      expect(changed.outcome).toBe('applied');
      expect(mergeChange(changed.record, patch(undefined, { label }), where).outcome).toBe('unchanged');
      const again = { label: { title: 'three' } };
      expect(mergeChange(changed.record, patch(undefined, again), where).outcome).toBe('applied');
    }
  });

  it('never lets an older update bring a deleted document back', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const record = mergeAll([...changes, remove(4n)])!;
        expect(isLive(record)).toBe(false);
        expect(isLive(mergeAll([remove(4n), ...changes])!)).toBe(false);
      }),
    );
  });

  it('brings a deleted document back with a newer upsert, without its old metadata and access', () => {
    const record = mergeAll([
      upsert(1n, 'one', { metadata: { k: 'old' }, access: { allow: ['user:a'] } }),
      remove(2n),
      upsert(3n, 'two'),
    ])!;
    expect(isLive(record)).toBe(true);
    expect(record.metadata!.value).toEqual({});
    expect(record.access).not.toHaveProperty('value');
  });

  it('sets each part of an unseen document and says that it was applied', () => {
    const merge = mergeChange(undefined, upsert(5n, 'one', { metadata: { k: 1 } }), where);
    expect(merge).toMatchObject({
      outcome: 'applied',
      conflicting: false,
      record: {
        tenantId: 'default',
        ...of,
        content: { version: 5n, deleted: false, contentHash: 'one' },
        metadata: { version: 5n, value: { k: 1 } },
        access: { version: 5n },
        chunks: 0,
        recipe: 'recipe',
        updatedAt: where.now,
      },
    });
  });

  it('does nothing for the same event again', () => {
    for (const one of [upsert(5n), patch(5n, { metadata: { k: 1 } }), remove(5n)]) {
      const first = mergeChange(undefined, one, where);
      const again = mergeChange(first.record, one, { ...where, now: 'later' });
      expect(again).toEqual({ outcome: 'unchanged', record: first.record, conflicting: false });
    }
  });

  it('knows an upsert again after a later patch won one of its parts', () => {
    const stored = mergeAll([upsert(1n), patch(2n, { metadata: { k: 1 } })]);
    expect(mergeChange(stored, upsert(1n), where)).toEqual({
      outcome: 'unchanged',
      record: stored,
      conflicting: false,
    });
  });

  it('calls a change stale whose parts have all lost', () => {
    const stored = mergeAll([upsert(5n)]);
    for (const one of [upsert(4n, 'older'), patch(4n, { metadata: { k: 1 } }), remove(4n)]) {
      expect(mergeChange(stored, one, where)).toEqual({
        outcome: 'stale',
        record: stored,
        conflicting: false,
      });
    }
  });

  it('lets a patch change only the parts that it carries', () => {
    const stored = mergeAll([upsert(1n, 'one', { metadata: { k: 1 }, access: { allow: ['user:a'] } })])!;
    const patched = mergeChange(stored, patch(2n, { metadata: { other: 2 } }), where).record!;
    expect(patched.metadata).toMatchObject({ version: 2n, value: { other: 2 } });
    expect([patched.content, patched.access]).toEqual([stored.content, stored.access]);
    expect(recordVersion(patched)).toBe(2n);
    const opened = mergeChange(patched, patch(3n, { access: {} }), where).record!;
    expect(opened.access).toMatchObject({ version: 3n, value: {} });
    expect(opened.metadata).toEqual(patched.metadata);
  });

  it('takes an older upsert’s content beside newer metadata', () => {
    const record = mergeAll([patch(9n, { metadata: { k: 9 } }), upsert(5n, 'five', { metadata: { k: 5 } })])!;
    expect(record.content).toMatchObject({ version: 5n, contentHash: 'five' });
    expect(record.metadata).toMatchObject({ version: 9n, value: { k: 9 } });
  });

  it('parks a patch of an unseen document until the document comes', () => {
    const parked = mergeChange(undefined, patch(2n, { access: { allow: [] } }), where);
    expect(parked.outcome).toBe('parked');
    expect(isLive(parked.record!)).toBe(false);
    const come = mergeChange(parked.record, upsert(1n), where);
    expect(come.outcome).toBe('applied');
    expect(come.record!.access).toMatchObject({ version: 2n, value: { allow: [] } });
  });

  it('lets a deletion win at one version, whichever comes first, and counts no conflict', () => {
    const first = mergeAll([upsert(5n)]);
    expect(mergeChange(first, remove(5n), where)).toMatchObject({ outcome: 'applied', conflicting: false });
    const gone = mergeAll([remove(5n)]);
    expect(mergeChange(gone, upsert(5n), where)).toMatchObject({ outcome: 'stale', conflicting: false });
  });

  it('tells two different events of one version apart by hash, and counts a conflict', () => {
    const [left, right] = [upsert(5n, 'left'), upsert(5n, 'right')];
    const forth = mergeChange(mergeAll([left]), right, where);
    const back = mergeChange(mergeAll([right]), left, where);
    expect([forth.conflicting, back.conflicting]).toEqual([true, true]);
    expect([forth.outcome, back.outcome].sort()).toEqual(['applied', 'stale']);
    expect(forth.record).toEqual(back.record);
  });

  it('compares versions as numbers, whatever their number of digits', () => {
    const [high, low] = [10n ** 79n, 10n ** 79n - 1n];
    expect(mergeAll([upsert(high, 'high'), upsert(low, 'low')])!.content!.contentHash).toBe('high');
    expect(mergeAll([upsert(10n, 'ten'), upsert(9n, 'nine')])!.content!.contentHash).toBe('ten');
  });

  describe('of a change without a version', () => {
    it('gives the stored version + 1, or 1', () => {
      const first = mergeChange(undefined, upsert(undefined), where).record!;
      expect(recordVersion(first)).toBe(1n);
      const stored = mergeAll([upsert(7n), patch(9n, { metadata: {} })])!;
      expect(recordVersion(mergeChange(stored, upsert(undefined, 'new'), where).record!)).toBe(10n);
      expect(
        recordVersion(mergeChange(stored, patch(undefined, { metadata: { k: 1 } }), where).record!),
      ).toBe(10n);
      expect(recordVersion(mergeChange(stored, remove(undefined), where).record!)).toBe(10n);
    });

    it('keeps the version of an equal state', () => {
      const parts = { metadata: { a: 1, b: ['x'] }, access: { allow: ['user:a'] } };
      const stored = mergeAll([upsert(7n, 'text', parts)])!;
      const equal = upsert(undefined, 'text', {
        metadata: { b: ['x'], a: 1 },
        access: { allow: ['user:a'] },
      });
      for (const one of [equal, patch(undefined, { metadata: parts.metadata }), patch(undefined, parts)]) {
        expect(mergeChange(stored, one, where)).toEqual({
          outcome: 'unchanged',
          record: stored,
          conflicting: false,
        });
      }
      const gone = mergeAll([remove(7n)])!;
      expect(mergeChange(gone, remove(undefined), where).outcome).toBe('unchanged');
    });

    it.each([
      ['other content', upsert(undefined, 'other', { metadata: { k: 1 } })],
      ['other metadata', upsert(undefined, 'text', { metadata: { k: '1' } })],
      ['no metadata', upsert(undefined, 'text')],
      ['an access list', upsert(undefined, 'text', { metadata: { k: 1 }, access: { allow: [] } })],
      [
        'a title',
        upsert(undefined, 'text', { metadata: { k: 1 }, content: { ...content('text'), title: 'T' } }),
      ],
      [
        'an address',
        upsert(undefined, 'text', { metadata: { k: 1 }, content: { ...content('text'), uri: 'urn:x' } }),
      ],
      ['a patch of metadata', patch(undefined, { metadata: {} })],
      ['a patch of access', patch(undefined, { access: {} })],
      ['a deletion', remove(undefined)],
    ])('applies %s', (_, one) => {
      const stored = mergeAll([upsert(7n, 'text', { metadata: { k: 1 } })]);
      const merge = mergeChange(stored, one, where);
      expect(merge.outcome).toBe('applied');
      expect(recordVersion(merge.record!)).toBe(8n);
    });

    it('brings a deleted document back', () => {
      const merge = mergeChange(mergeAll([upsert(1n), remove(2n)]), upsert(undefined), where);
      expect([merge.outcome, isLive(merge.record!), recordVersion(merge.record!)]).toEqual([
        'applied',
        true,
        3n,
      ]);
    });

    it('is refused where no greater version exists', () => {
      const stored = mergeAll([upsert(10n ** 80n - 1n)]);
      expect(() => mergeChange(stored, upsert(undefined, 'new'), where)).toThrow(InvalidInput);
    });
  });
});

describe('recordVersion', () => {
  it('is the highest of the parts', () => {
    const record = mergeAll([upsert(3n), patch(8n, { access: {} }), patch(5n, { metadata: {} })])!;
    expect(recordVersion(record)).toBe(8n);
  });
});

describe('canonicalJson', () => {
  it('gives equal text for equal values, whatever the order of their fields', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves out absent fields and writes versions as decimal strings', () => {
    expect(canonicalJson({ b: undefined, a: 10n ** 79n })).toBe(`{"a":"${10n ** 79n}"}`);
  });
});
