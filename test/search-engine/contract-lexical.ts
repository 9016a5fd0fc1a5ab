import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import type { Leg, LegsQuery } from '../../search-engine/search-engine.ts';
import type { CurrentSubject } from './contract-subject.ts';
import { type DocumentSketch, storeDocuments } from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';

const timeoutMs = 60_000;
const both = { title: 1, text: 1 };

/** The lexical leg: what words find, how fields weigh, and that no query text can break it. */
export function describeLexicalLeg(subject: CurrentSubject): void {
  const lexical = async (
    scope: Scope,
    text: string,
    options: Partial<NonNullable<LegsQuery['lexical']>> = {},
  ): Promise<Leg> => {
    const query = { lexical: { text, fields: both, candidates: 100, ...options } };
    return (await subject().engine.find(scope, query)).lexical!;
  };
  const idsFound = async (...query: Parameters<typeof lexical>) =>
    (await lexical(...query)).hits.map(({ documentId }) => documentId);
  const store = async (sketches: readonly DocumentSketch[]) => {
    const scope = scopes.reader(freshTenant());
    await storeDocuments(subject(), scope, sketches);
    return scope;
  };

  describe('lexical leg', () => {
    it('finds chunks with any of the words and puts those with more and rarer ones first', async () => {
      const scope = await store([
        { documentId: 'one', chunks: ['alpha once in this chunk'] },
        { documentId: 'two', chunks: ['alpha beta both in here'] },
        { documentId: 'none', chunks: ['gamma delta not at all'] },
        ...Array.from({ length: 20 }, (_, at) => ({
          documentId: `filler ${at}`,
          chunks: ['alpha filler of this corpus'],
        })),
      ]);
      const found = await idsFound(scope, 'alpha beta');
      expect(found[0]).toBe('two');
      expect(found).toHaveLength(22);
      expect(found).not.toContain('none');
    });

    it('scores above 0 and falling', async () => {
      const scope = await store(
        Array.from({ length: 20 }, (_, at) => ({
          documentId: `${at}`,
          chunks: [`needle ${'hay '.repeat(at)}`],
        })),
      );
      const scores = (await lexical(scope, 'needle')).hits.map(({ score }) => score);
      expect(scores).toHaveLength(20);
      expect(scores.every((score) => score > 0 && Number.isFinite(score))).toBe(true);
      expect(scores).toEqual([...scores].sort((left, right) => right - left));
      expect(scores[0]).toBeGreaterThan(scores.at(-1)!);
    });

    it('returns at most as many candidates as asked for, the best ones', async () => {
      const scope = await store(
        Array.from({ length: 20 }, (_, at) => ({
          documentId: `${at}`,
          chunks: [`needle ${'hay '.repeat(at)}`],
        })),
      );
      const all = await idsFound(scope, 'needle');
      for (const candidates of [1, 7, 20]) {
        expect(await idsFound(scope, 'needle', { candidates })).toEqual(all.slice(0, candidates));
      }
    });

    it('ignores case and inflection', async () => {
      const scope = await store([{ documentId: 'a', chunks: ['Connections to the SERVER'] }]);
      for (const text of ['connection', 'CONNECTED', 'Connecting', 'server', 'Servers']) {
        expect(await idsFound(scope, text)).toEqual(['a']);
      }
      expect(await idsFound(scope, 'connoisseur')).toEqual([]);
    });

    it('finds a chunk by its document title alone, by a heading alone, and by its context alone', async () => {
      const scope = await store([
        {
          documentId: 'a',
          title: 'Handbook',
          chunks: [{ text: 'body', headingPath: ['Chapter', 'Section'], context: 'columns price' }],
        },
        { documentId: 'b', chunks: ['body'] },
      ]);
      for (const text of ['handbook', 'chapter', 'section', 'price'])
        expect(await idsFound(scope, text)).toEqual(['a']);
      expect(await idsFound(scope, 'body')).toHaveLength(2);
    });

    it('leaves out a field with weight 0 and ranks by the weights of the others', async () => {
      const scope = await store([
        { documentId: 'title', title: 'needle one two three', chunks: ['four five six seven'] },
        { documentId: 'text', title: 'four five six seven', chunks: ['needle one two three'] },
      ]);
      expect(await idsFound(scope, 'needle', { fields: { title: 1, text: 0 } })).toEqual(['title']);
      expect(await idsFound(scope, 'needle', { fields: { title: 0, text: 1 } })).toEqual(['text']);
      expect(await idsFound(scope, 'needle', { fields: { title: 10, text: 1 } })).toEqual(['title', 'text']);
      expect(await idsFound(scope, 'needle', { fields: { title: 1, text: 10 } })).toEqual(['text', 'title']);
      expect(await idsFound(scope, 'needle', { fields: { title: 0.1, text: 0.2 } })).toEqual([
        'text',
        'title',
      ]);
      expect(await idsFound(scope, 'needle', { fields: { title: 100, text: 0.01 } })).toEqual([
        'title',
        'text',
      ]);
    });

    const syntax = [
      '"needle',
      'needle"',
      '""',
      "'needle'",
      'needle*',
      'needle AND',
      'NOT needle',
      'OR needle OR',
      'NEAR(needle hay, 2)',
      'title:needle',
      'text : needle',
      '{title text}: needle',
      '^needle',
      '-needle',
      '+needle',
      '(needle',
      'needle)',
      '((needle',
      'needle~',
      'needle~2',
      'needle^4',
      'needle\\',
      '\\',
      '/needle/',
      '[a TO needle]',
      '{needle',
      'needle!',
      'needle && hay',
      'needle || x',
      'needle;--',
      'needle:',
      '*:* needle',
      '? needle',
      '<needle>',
      '= needle',
      '@needle #needle',
      'needle\0',
      '\0needle',
      'needle\n\thay',
      'NEEDLE\u00a0hay',
      '{"match_all":{}} needle',
      '$(needle)',
      '%needle%',
      '`needle`',
      '¿needle?',
      'needle…',
    ];
    it(
      'takes whatever stands in the query as words, never as syntax',
      async () => {
        const scope = await store([
          { documentId: 'a', chunks: ['needle in hay'] },
          { documentId: 'b', chunks: ['nothing of the kind'] },
        ]);
        for (const text of syntax) {
          const leg = await lexical(scope, text);
          expect([text, leg.failed]).toEqual([text, undefined]);
          if (/needle/i.test(text))
            expect([text, leg.hits.map(({ documentId }) => documentId)]).toEqual([text, ['a']]);
        }
      },
      timeoutMs,
    );

    it('finds nothing, and fails nothing, where the query has no word', async () => {
      const scope = await store([{ documentId: 'a', chunks: ['needle in hay'] }]);
      for (const text of [
        ' ',
        '...',
        '"',
        '*',
        '😀',
        '👩‍👩‍👧',
        '\0',
        '\u200b',
        '—',
        '()',
        '\u0301',
        '𝄞',
        '\ufeff',
      ]) {
        const leg = await lexical(scope, text);
        expect([text, leg.failed, leg.hits]).toEqual([text, undefined, []]);
      }
    });

    it('carries queries of stop words alone, and is not led astray by stop words beside a word', async () => {
      const scope = await store([
        { documentId: 'a', chunks: ['the needle of it'] },
        { documentId: 'b', chunks: ['to be or not to be that is the question'] },
      ]);
      for (const text of ['the', 'to be or not to be', 'The OF and']) {
        expect((await lexical(scope, text)).failed).toBeUndefined();
      }
      expect((await idsFound(scope, 'what is the needle of the')).at(0)).toBe('a');
      expect(await idsFound(scope, 'the needle')).toEqual(['a']);
    });

    it(
      'carries queries of 4,000 characters: many words, one word, one repeated',
      async () => {
        const scope = await store([
          { documentId: 'a', chunks: ['needle zz'] },
          { documentId: 'b', chunks: ['hay'] },
        ]);
        const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
        const pairs = [...letters].flatMap((first) => [...letters].map((second) => first + second)).join(' ');
        for (const [text, found] of [
          [`needle ${pairs}`.slice(0, 4_000), ['a']],
          ['needle '.repeat(600).slice(0, 4_000), ['a']],
          ['x'.repeat(4_000), []],
          [`${'é'.repeat(3_990)} needle`, ['a']],
          ['()"*'.repeat(1_000), []],
        ] as const) {
          const leg = await lexical(scope, text);
          expect(leg.failed).toBeUndefined();
          expect(leg.hits.map(({ documentId }) => documentId)).toEqual(found);
        }
      },
      timeoutMs,
    );

    it('finds words of other scripts, and text around NUL and astral characters', async () => {
      const scope = await store([
        { documentId: 'russian', chunks: ['Москва столица'] },
        { documentId: 'japanese', chunks: ['東京'] },
        { documentId: 'hebrew', chunks: ['שלום עולם'] },
        { documentId: 'greek', chunks: ['Ελλάδα'] },
        { documentId: 'nul', chunks: ['before\0after'] },
        { documentId: 'emoji', chunks: ['😀 grinning 😀'] },
      ]);
      for (const [text, documentId] of [
        ['москва', 'russian'],
        ['東京', 'japanese'],
        ['שלום', 'hebrew'],
        ['ελλάδα', 'greek'],
        ['before', 'nul'],
        ['after', 'nul'],
        ['grinning', 'emoji'],
        ['😀 grinning', 'emoji'],
      ] as const) {
        expect([text, await idsFound(scope, text)]).toEqual([text, [documentId]]);
      }
    });
  });
}
