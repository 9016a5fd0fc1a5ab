import { expect, it } from 'vitest';
import { describeFile } from '../../cli/bench-tune.ts';

it('bench tune says what became of the file that was asked for', () => {
  expect(describeFile({ out: 'a.yaml' }, 'a.yaml')).toEqual(['Wrote a.yaml']);
  expect(describeFile({}, 'a.yaml')).toEqual([
    'Did not write a.yaml: no winner is proven, the defaults stay',
  ]);
  expect(describeFile({}, undefined)).toEqual([]);
});
