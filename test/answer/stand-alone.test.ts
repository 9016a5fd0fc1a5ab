import { describe, expect, it } from 'vitest';
import { joinQuestions, rewriteQuestion } from '../../answer/stand-alone.ts';

const turns = [
  {
    question: 'What is a tenant?',
    answered: { standAlone: 'What is a tenant?', answer: 'A tenant owns documents.', restedOn: [] },
  },
];

describe('joinQuestions', () => {
  it.each(['And how many are there?', 'Who owns it?', 'How long?', 'What about its deletion?'])(
    'puts %j behind the question before it',
    (question) => {
      expect(joinQuestions(question, turns)).toBe(`What is a tenant? ${question}`);
    },
  );

  it('leaves a question that stands alone', () => {
    const question = 'Which fusion does a search use by default?';
    expect(joinQuestions(question, turns)).toBe(question);
    expect(joinQuestions('And it?', [])).toBe('And it?');
  });
});

describe('joinQuestions of long questions', () => {
  it('cuts what was asked before, never what is asked now', () => {
    const before = [{ question: `${'a'.repeat(600)} ${'b'.repeat(600)}` }];
    const question = `And ${'c'.repeat(700)}`;
    expect(joinQuestions(question, before)).toBe(`${'b'.repeat(295)} ${question}`);
    const long = `And ${'c'.repeat(1_500)}`;
    expect(joinQuestions(long, before)).toBe(long);
  });
});

describe('rewriteQuestion', () => {
  it('gives the model the conversation as data, and takes one line back', async () => {
    let text = '';
    const complete = async (prompt: { text: string }) => {
      text = prompt.text;
      return 'Question: Who owns\n a tenant? ';
    };
    expect(await rewriteQuestion('Who owns\nit?', turns, complete, {})).toBe('Who owns a tenant?');
    expect(text).toBe(
      'Conversation:\nQuestion: What is a tenant?\nAnswer: A tenant owns documents.\n\nFollow-up question: Who owns it?',
    );
  });

  it.each(['', 'x'.repeat(1_001)])(
    'joins the questions where the model gives nothing of use',
    async (reply) => {
      expect(await rewriteQuestion('Who owns it?', turns, async () => reply, {})).toBe(
        'What is a tenant? Who owns it?',
      );
    },
  );
});
