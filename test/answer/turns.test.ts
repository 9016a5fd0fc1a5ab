import { describe, expect, it } from 'vitest';
import type { Turn } from '../../answer/sessions.ts';
import { createTurns } from '../../answer/turns.ts';
import type { AnswerResponse } from '../../domain/answer.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { guardrailOf, policyTelling } from '../models/local/guardrail/guardrail-under-test.ts';
import { scopes } from '../search-engine/scopes.ts';

const settings = { withholdUngrounded: false, linkHosts: [] };
const model: LanguageModel = {
  id: 'm',
  async *answer() {
    yield { type: 'end', reason: 'complete' };
  },
};

/** Keeps a turn behind earlier ones and returns it as it is kept. */
async function kept(
  question: string,
  earlier: readonly Turn[],
  passages: number,
  told: Partial<AnswerResponse> = {},
): Promise<Turn | undefined> {
  let added: Turn | undefined;
  const openTurn = createTurns(
    {
      read: async () => earlier,
      async add(_, sessionId, turn) {
        added = turn;
        return sessionId ?? 'a';
      },
      lifeOf: async () => undefined,
      sweep: async () => 0,
    },
    () => settings,
    silentTelemetry,
  );
  const turn = await openTurn(scopes.reader('t', []), { question, sessionId: 'a' }, model, {});
  const found = Array.from({ length: passages }, (_, at) => ({
    chunk: { chunkId: `own-${at}` },
    documentId: 'd',
    contentHash: 'h',
  }));
  const response = {
    answer: { text: 'because' },
    passages: found,
    endReason: 'complete',
    withheld: false,
    guardrails: [],
    ...told,
  };
  await turn.keep(response as never);
  return added;
}

function turnRestingOn(count: number): Turn {
  const restedOn = Array.from({ length: count }, (_, at) => ({
    chunkId: `c-${at}`,
    documentId: 'd',
    contentHash: 'h',
  }));
  return { question: 'why?', answered: { standAlone: 'why?', answer: 'so', restedOn } };
}

describe('createTurns', () => {
  it('keeps what an answer and those before it rested on', async () => {
    const turn = await kept('and how?', [turnRestingOn(2)], 1);
    expect(turn?.answered?.restedOn.map(({ chunkId }) => chunkId)).toEqual(['c-0', 'c-1', 'own-0']);
  });

  it('keeps no question that a guardrail within the model refused', async () => {
    const endReason = 'guardrail_intervened';
    const refused = {
      side: 'input',
      policy: 'topic',
      type: 'Investing',
      action: 'blocked',
      count: 1,
    } as const;
    expect(await kept('and shares?', [], 1, { endReason, guardrails: [refused] })).toBeUndefined();
    // It may also tell nothing of what it found.
    expect(await kept('and shares?', [], 1, { endReason })).toBeUndefined();
    const answer = { ...refused, side: 'output' } as const;
    expect(await kept('why?', [], 1, { endReason, guardrails: [answer] })).toEqual({ question: 'why?' });
  });

  it('remembers no answer that rests on more than can be read again', async () => {
    expect((await kept('and how?', [turnRestingOn(999)], 1))?.answered).toBeDefined();
    expect(await kept('and how?', [turnRestingOn(1_000)], 1)).toEqual({ question: 'and how?' });
  });

  describe('with a guardrail', () => {
    const guardrail = guardrailOf({
      input: { words: ['abracadabra'], sensitiveInformation: { email: 'mask' } },
    });
    /** Asks a follow-up that the model rewrites; tells what was checked and what came of it. */
    async function followUp(question: string, rewritten: string, earlier = [turnRestingOn(1)]) {
      const checked: string[] = [];
      const openTurn = createTurns(
        {
          read: async () => earlier,
          add: async () => 'a',
          lifeOf: async () => undefined,
          sweep: async () => 0,
        },
        () => ({
          ...settings,
          guard: policyTelling(guardrail, ({ text }) => checked.push(text)),
        }),
        silentTelemetry,
      );
      const rewriting: LanguageModel = { ...model, complete: async () => rewritten };
      const {
        question: standAlone,
        refusal,
        guardrails,
      } = await openTurn(scopes.reader('t', []), { question, sessionId: 'a' }, rewriting, {});
      return { checked, standAlone, refusal, guardrails };
    }

    it('holds a question that was rewritten against the guardrail again', async () => {
      const blocked = await followUp('and how?', 'How does abracadabra work?');
      expect(blocked).toMatchObject({
        checked: ['and how?', 'How does abracadabra work?'],
        standAlone: '',
        refusal: 'No.',
        guardrails: [{ side: 'input', policy: 'word', action: 'blocked', count: 1 }],
      });
      const masked = await followUp(
        'mail bob@example.com?',
        'Is bob@example.com or ann@example.com to be mailed?',
      );
      expect(masked).toMatchObject({
        standAlone: 'Is {EMAIL} or {EMAIL} to be mailed?',
        guardrails: [{ type: 'email', action: 'masked', count: 3 }],
      });
      expect(masked.refusal).toBeUndefined();
    });

    it('checks once what nobody rewrote, and rewrites nothing that it refused', async () => {
      expect((await followUp('why?', 'why?')).checked).toEqual(['why?']);
      expect((await followUp('why?', 'never', [])).checked).toEqual(['why?']);
      expect((await followUp('abracadabra', 'never')).checked).toEqual(['abracadabra']);
    });
  });
});
