import { expect, it } from 'vitest';
import { createScratchTexts } from '../../../search-engine/sqlite/scratch-texts.ts';

it('keeps the last text of each key, and nothing of another', () => {
  const texts = createScratchTexts();
  texts.set('t\0a', 'first');
  texts.set('t\0a', 'second');
  texts.set('t\0b', 'x'.repeat(100_000));
  expect([texts.get('t\0a'), texts.get('t\0b')?.length, texts.get('t\0c')]).toEqual([
    'second',
    100_000,
    undefined,
  ]);
  texts.close();
  expect(createScratchTexts().get('t\0a')).toBeUndefined();
});
