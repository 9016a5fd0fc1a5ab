import { describe, expect, it } from 'vitest';
import type { GuardedText, Guardrail } from '../../models/guardrail.ts';

/** What each guardrail must do that masks e-mail addresses, blocks the word `abracadabra`, and grounds answers. */
export function describeGuardrailContract(name: string, open: () => Promise<Guardrail>): void {
  describe(`${name}: Guardrail`, () => {
    const check = async (given: GuardedText) => (await open()).check(given);
    const secret = 'anna@example.com';

    it('finds nothing in a text that has nothing', async () => {
      const text = 'Wings lift an aircraft.';
      const { matches, findings, settled } = await check({ side: 'input', text });
      expect({ matches, blocked: findings.filter(({ action }) => action === 'blocked') }).toEqual({
        matches: [],
        blocked: [],
      });
      expect(settled).toBe(text.length);
    });

    it.each(['input', 'output'] as const)('tells where it masks what, on the side of %s', async (side) => {
      const text = `Write to ${secret}, or to ${secret} again.`;
      const { matches } = await check({ side, text });
      expect(matches.map(({ start, end }) => text.slice(start, end))).toEqual([secret, secret]);
      expect(matches.map(({ policy, action }) => [policy, action])).toEqual([
        ['sensitive_information', 'masked'],
        ['sensitive_information', 'masked'],
      ]);
      for (const { replacement } of matches) expect(replacement).toMatch(/^\{[A-Z_]+\}$/);
    });

    it('blocks a denied word, and repeats nothing of the text', async () => {
      const verdict = await check({ side: 'input', text: `Say abracadabra to ${secret}` });
      expect([...verdict.matches, ...verdict.findings].some(({ action }) => action === 'blocked')).toBe(true);
      expect(JSON.stringify(verdict)).not.toMatch(/abracadabra|anna|example/i);
    });

    it('scores an answer against its passages, higher where they say it', async () => {
      const passages = ['The wings of an aircraft produce lift when air flows over them.'];
      const scoreOf = async (text: string) => {
        const cited = [{ start: 0, end: text.length, passage: 0 }];
        const grounding = { question: 'What do wings do?', passages, cited };
        const { findings } = await check({ side: 'output', text, grounding });
        return findings.find(({ policy }) => policy === 'grounding')?.score ?? Number.NaN;
      };
      const said = await scoreOf('Wings produce lift when air flows over them.');
      const unsaid = await scoreOf('The invoice must be paid within thirty days.');
      expect(said).toBeGreaterThan(unsaid + 0.2);
      for (const score of [said, unsaid]) expect(score).toBeGreaterThanOrEqual(0);
      expect(said).toBeLessThanOrEqual(1);
    });

    it('stops for a raised signal', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(
        (await open()).check({ side: 'input', text: 'Wings lift.' }, { signal }),
      ).rejects.toThrow();
    });
  });
}
