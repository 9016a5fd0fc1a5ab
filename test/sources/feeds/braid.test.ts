import { describe, expect, it } from 'vitest';
import { createBraidReader } from '../../../sources/feeds/braid.ts';

describe('createBraidReader', () => {
  const reader = createBraidReader();
  const event = { operation: 'delete', source: 's', documentId: 'd', version: '12', position: 'p9' };

  it('reads the envelope', () => {
    expect(reader(JSON.stringify(event))).toEqual([{ kind: 'event', event: { ...event, version: 12n } }]);
  });

  it('refuses with reason and position', () => {
    expect(reader('{"operation"')).toMatchObject([{ kind: 'refused', reason: 'malformed' }]);
    const wrong: object[] = [
      { ...event, documentId: undefined },
      { ...event, version: '1e3' },
      { ...event, version: '1'.repeat(81) },
      { ...event, version: 2 ** 53 },
    ];
    for (const raw of wrong) {
      expect(reader(JSON.stringify(raw))).toMatchObject([
        { kind: 'refused', reason: 'invalid_event', position: 'p9' },
      ]);
    }
  });

  it('takes no mapping', () => {
    expect(() => createBraidReader({})).toThrow('mapping');
  });
});
