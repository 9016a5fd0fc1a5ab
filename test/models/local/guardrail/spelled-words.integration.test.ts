import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../../../models/local/guardrail/fold-text.ts';
import { createTextMatcher } from '../../../../models/local/guardrail/text-matchers.ts';

const samples = resolve(process.env.BRAID_SHARED ?? '../shared', 'data');
const common = ['the', 'and', 'for', 'with', 'that', 'this', 'from', 'have', 'not', 'are'];

describe('words that are spelled', () => {
  it.skipIf(!existsSync(samples))(
    'are seen in no ordinary document (skipped without the shared data)',
    () => {
      const match = createTextMatcher({ words: common });
      const files = readdirSync(samples, { recursive: true }).map(String);
      let words = 0;
      const spelled: string[] = [];
      for (const file of files.filter((name) => /\.(txt|md|html?)$/.test(name))) {
        const text = readFileSync(join(samples, file), 'utf8');
        // Another encoding, which parsing reads.
        if (text.includes('\0')) continue;
        for (const { start, end } of match(text, 0)) {
          const found = text.slice(start, end);
          if (common.includes(foldText(found).plain.toLowerCase())) words += 1;
          else spelled.push(`${file}: ${JSON.stringify(text.slice(start - 20, end + 20))}`);
        }
      }
      expect(words).toBeGreaterThan(10_000);
      expect(spelled).toEqual([]);
    },
  );
});
