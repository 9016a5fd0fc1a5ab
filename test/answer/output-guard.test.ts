import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputGuard } from '../../answer/output-guard.ts';
import type { Guardrail } from '../../models/guardrail.ts';
import { guardrailOf } from '../models/local/guardrail/guardrail-under-test.ts';

const noGrounding = () => ({ question: '', passages: [], cited: [] });
const accessKey = ['AKIA', 'IOSFODNN7EXAMPLE'].join('');

const everything = {
  email: 'mask',
  card: 'mask',
  iban: 'mask',
  phone: 'mask',
  us_ssn: 'mask',
  ip_address: 'mask',
  aws_access_key: 'mask',
} as const;
const guardrail = guardrailOf({
  output: {
    sensitiveInformation: everything,
    patterns: [{ name: 'ticket', pattern: 'ticket [a-z]+ \\d+', action: 'mask', maxCharacters: 64 }],
  },
});

async function run(
  parts: readonly string[],
  mode: 'sync' | 'async' = 'sync',
  given: Guardrail = guardrail,
): Promise<{ guard: OutputGuard; sent: string[] }> {
  const { windowCharacters, judgesWhole } = given;
  const guard = new OutputGuard({ check: (text) => given.check(text), mode, windowCharacters, judgesWhole });
  const sent: string[] = [];
  for (const part of parts) {
    sent.push(await guard.push(part));
    if (guard.isBlocked || guard.isCut) break;
  }
  sent.push(await guard.end(noGrounding));
  return { guard, sent };
}

function cut(whole: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((place) => Math.min(place, whole.length)), whole.length].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((place, at) => whole.slice(places[at], place));
}

const secrets = [
  'anna.b@mail.example.com',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  'GB29 NWBK 6016 1331 9268 19',
  'gb29 nwbk 6016 1331 9268 19',
  'mt84 malt 0110 0001 2345 mtlc ast0 01s',
  '４１１１ １１１１ １１１１ １１１１',
  '＋４９ ３０ ９０１８２０ ５５',
  '+49 30 901820 55',
  '(415) 555-2671',
  '536-22-8726',
  '192.168.10.7',
  accessKey,
  'ticket abc 12345',
  'an**na**.b@mail.example.com',
  'anna.b\\@mail.example.com',
  'аnnа@mail.example.com',
  '4111 **1111** 1111 1111',
  '④①①① 1111 1111 1111',
  'DЕ89 3704 0044 0532 0130 00',
  'ticket **abc** 12345',
  '4111 _1111_ 1111 1111',
  '<b>4111</b> __1111__ 1111 _1111_',
  'a n n a . b @ m a i l . e x a m p l e . c o m',
  'a - n - n - a - @ - m - a - i - l - . - c - o - m',
  '(a n n a @ m a i l . c o m)',
  '4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1',
  'D_E_8_9_3_7_0_4_0_0_4_4_0_5_3_2_0_1_3_0_0_0',
];
const words = [
  'The',
  'wing',
  'IT',
  'AB',
  '42',
  'lifts.',
  'a',
  '(see',
  'x)',
  'and\n',
  '—',
  'Größe',
  '👩‍👧',
  '12 of 30',
  '+',
  '**bold**',
  '`code`',
  '*',
  '1.5',
  '_this_',
  '__init__',
  'a_b',
  '_',
  'Gro\u0308\u00dfe',
  '机翼。产生、升力',
  '<b>x</b>',
  '<span class="x">1</span>',
];

describe('OutputGuard', () => {
  const text = fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...words) }, fc.constantFrom(...secrets)), {
      maxLength: 14,
    })
    .map((parts) => parts.join(' '));

  it('masks the same however the text was cut, and lets no part of a secret out', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(260), { maxLength: 40 }), async (whole, cuts) => {
        const once = await run([whole]);
        const often = await run(cut(whole, cuts));
        expect(often.sent.join('')).toBe(once.sent.join(''));
        expect(often.guard.report.actions()).toEqual(once.guard.report.actions());
        // Nothing that went out at any time is taken back.
        expect(once.guard.text).toBe(once.sent.join(''));
        let out = '';
        for (const part of often.sent) {
          out += part;
          expect(once.guard.text.startsWith(out)).toBe(true);
        }
        for (const secret of secrets) {
          const held = secret.split(' ')[0]!;
          if (held.length > 6) expect(often.sent.join('')).not.toContain(held.slice(0, 6));
          expect(often.sent.join('')).not.toContain(secret);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ...secrets.slice(0, 13),
    '④①①① ①①①① ①①①① ①①①①',
    '𝟜𝟙𝟙𝟙 𝟙𝟙𝟙𝟙 𝟙𝟙𝟙𝟙 𝟙𝟙𝟙𝟙',
    'ⓖⓑ②⑨ ⓝⓦⓑⓚ ⑥⓪①⑥ ①③③① ⑨②⑥⑧ ①⑨',
    '4111 <span class="x">1111</span> 1111 1111',
    '4111 _1111_ 1111 1111',
    '4111 __1111 1111__ 1111',
    'anna<span class="x y">.b</span>@mail.example.com',
  ])('lets no group of %j out that comes alone', async (secret) => {
    const quick = guardrailOf({ output: { sensitiveInformation: everything } });
    const whole = `Pay to ${secret} today, or else.`;
    const once = await run([whole], 'sync', quick);
    for (const parts of [[...whole], whole.split(/(?<= )/)]) {
      expect((await run(parts, 'sync', quick)).sent.join('')).toBe(once.sent.join(''));
    }
    expect(once.sent.join('')).toMatch(/^Pay to \{[A-Z_]+\} today, or else\.$/);
  });

  it.each([
    'b o m b',
    'b.o.m.b',
    'b. o. m. b',
    'b - o - m - b',
    'b\no\nm\nb',
    'make:b o m b',
    'ⓑ ｏ м\u200b b',
    'a b o m b',
    '**b** o m b-maker',
    'b<span class="x">o</span>mb',
    'b<b title="a title"></b>omb',
    'b <i class="x"></i>o m b',
    '<span class="x y">b</span> <span class="x y">o</span> <span class="x y">m</span> <span class="x y">b</span>',
    '<b>b</b><i>o</i><b>m</b><i>b</i>',
    'b _o_ m _b_',
    '_b_ _o_ _m_ _b_',
  ])('lets no letter of %j out, however it comes', async (spelled) => {
    const denying = guardrailOf({ output: { words: ['bomb'] } });
    const whole = `They made ${spelled} there.`;
    for (const parts of [[whole], [...whole], whole.split(/(?<= )/)]) {
      const { guard, sent } = await run(parts, 'sync', denying);
      expect(guard.isBlocked).toBe(true);
      expect('They made ').toContain(sent.join('').replace(/\*\*|_|<[^<>]*>/, ''));
    }
  });

  it('says where a range of the text has gone', async () => {
    const whole = 'Ask anna.b@mail.example.com at 192.168.10.7 now.';
    const { guard } = await run(cut(whole, [5, 9, 30, 40]));
    expect(guard.text).toBe('Ask {EMAIL} at {IP_ADDRESS} now.');
    const at = whole.indexOf('now');
    expect(guard.text.slice(...guard.map(at, at + 3))).toBe('now');
    expect(guard.text.slice(...guard.map(0, whole.length))).toBe(guard.text);
    expect(guard.text.slice(...guard.map(4, 8))).toBe('{EMAIL}');
    expect(guard.report.actions()).toEqual([
      { side: 'output', policy: 'sensitive_information', type: 'email', action: 'masked', count: 1 },
      { side: 'output', policy: 'sensitive_information', type: 'ip_address', action: 'masked', count: 1 },
    ]);
  });

  it('goes on where the text is plain, long before its end', async () => {
    const parts = 'Wings lift an aircraft when the air flows over them quickly. '.repeat(4).split(/(?<= )/);
    const { sent } = await run(
      parts,
      'sync',
      guardrailOf({ output: { sensitiveInformation: { email: 'mask' } } }),
    );
    expect(sent.filter((part) => part !== '').length).toBeGreaterThan(30);
  });

  it.each([
    ['with stops', '机翼产生升力，气流经过。', 60],
    ['without spaces or stops', '机翼产生升力1', 430],
  ])('holds little back of a script without spaces, %s', async (_, sentence, most) => {
    const denied = guardrailOf({
      output: { words: ['project falcon eight'], sensitiveInformation: everything },
    });
    const sent: string[] = [];
    const guard = new OutputGuard({
      check: (text) => denied.check(text),
      mode: 'sync',
      windowCharacters: 1,
      judgesWhole: false,
    });
    const parts = sentence.repeat(300).match(/.{1,7}/gu)!;
    let given = 0;
    for (const part of parts) {
      given += part.length;
      sent.push(await guard.push(part));
      expect(given - sent.join('').length).toBeLessThan(most);
    }
  });

  it('stops at a denied word: nothing behind it goes out', async () => {
    const denied = guardrailOf({ output: { words: ['project falcon'] } });
    for (const cuts of [[], [12, 20], [16, 17, 18]]) {
      const { guard, sent } = await run(
        cut('It is called Project Falcon and it flies.', cuts),
        'sync',
        denied,
      );
      expect(guard.isBlocked).toBe(true);
      expect(sent.join('')).not.toMatch(/falcon|flies/i);
    }
  });

  it('lets text out at once in async mode, cuts it when something is found, and says so', async () => {
    const parts = [
      ...'Write to the owner of it: anna.b@mail.example.com is hers. '.split(/(?<= )/),
      'More ',
      'text ',
      'follows ',
      'here. ',
    ];
    const { guard, sent } = await run(
      parts,
      'async',
      guardrailOf({ output: { sensitiveInformation: { email: 'mask' } } }),
    );
    expect(sent[0]).toBe('Write ');
    expect(guard.isCut).toBe(true);
    expect(guard.text).not.toContain('anna');
    expect(guard.report.actions()).toMatchObject([{ type: 'email', action: 'masked', late: true }]);
  });

  it('cuts an answer whose match was longer than its pattern said', async () => {
    const long = guardrailOf({
      output: { patterns: [{ name: 'all', pattern: 'begin.*finish', action: 'mask', maxCharacters: 10 }] },
    });
    const { guard } = await run(cut(`begin ${'word '.repeat(60)}finish.`, [50, 100, 200, 250]), 'sync', long);
    expect(guard.isBlocked).toBe(true);
    expect(guard.report.actions()).toMatchObject([{ type: 'all', action: 'blocked', late: true }]);
  });
});
