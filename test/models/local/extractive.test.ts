import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemblePrompt } from '../../../answer/prompt.ts';
import type { LanguageModelEvent, Passage } from '../../../models/language-model.ts';
import { createExtractiveModel } from '../../../models/local/extractive.ts';
import { createLocalEmbeddingModel, type LocalEmbeddingModel } from '../../../models/local/minilm.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';

const folder = path.resolve(import.meta.dirname, '../../../assets/all-MiniLM-L6-v2');

const passages: Passage[] = [
  {
    title: 'Versions',
    text: 'Versions\n\nThe highest version of a document wins, whatever order events arrive in. A deletion is remembered as a tombstone, so that a late older update never brings a document back.',
  },
  {
    title: 'Tenants',
    text: '- A tenant id has at most 64 characters.\n- Every stored thing belongs to exactly one tenant.',
  },
  {
    title: 'Access',
    text: 'An access list says who may read a document. Deny wins.\n\nWho may read a document stands in its access list.',
  },
  {
    title: 'Commands',
    context: 'command | does',
    text: 'serve | the API on one port\ningest PATH | files and folders into a tenant',
  },
];

async function collect(events: AsyncIterable<LanguageModelEvent>): Promise<LanguageModelEvent[]> {
  const collected: LanguageModelEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

describe('createExtractiveModel', () => {
  let embedding: LocalEmbeddingModel;

  beforeAll(async () => {
    embedding = await createLocalEmbeddingModel({ folder, telemetry: silentTelemetry });
  });
  afterAll(() => embedding.close());

  async function ask(question: string, from: readonly Passage[] = passages): Promise<LanguageModelEvent[]> {
    return collect(createExtractiveModel(embedding).answer(assemblePrompt(question, from)));
  }
  const textOf = (events: readonly LanguageModelEvent[]): string =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('');

  it('answers with the sentence that says it, cited word for word', async () => {
    const events = await ask('How many characters may a tenant id have?');
    expect(textOf(events)).toBe('A tenant id has at most 64 characters.');
    expect(events.at(1)).toEqual({
      type: 'citation',
      start: 0,
      end: 38,
      passage: 1,
      quote: 'A tenant id has at most 64 characters.',
    });
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'complete' });
  });

  it('cites each sentence where it stands in answer and passage', async () => {
    const events = await ask('Who may read a document?');
    const text = textOf(events);
    const citations = events.filter((event) => event.type === 'citation');
    expect(citations).toHaveLength(2);
    for (const { start, end, quote, passage } of citations) {
      expect(text.slice(start, end)).toBe(quote);
      expect(passages[passage]!.text).toContain(quote);
    }
    expect(citations.map(({ quote }) => quote).join(' ')).toBe(text);
  });

  it.each([
    'Who won the football world cup in 1998?',
    'What is the capital of Mongolia?',
    'How do I bake bread?',
  ])('abstains from %j', async (question) => {
    const events = await ask(question);
    expect(events).toEqual([
      { type: 'text', text: 'The documents do not answer this question.' },
      { type: 'end', reason: 'abstained' },
    ]);
  });

  it('abstains where passages are headings, table rows or nothing', async () => {
    const asked = 'What does serve do with the API on one port?';
    for (const from of [[], [{ text: '' }], [{ text: 'The API on one port' }], [passages[3]!]]) {
      expect((await ask(asked, from)).at(-1)).toEqual({ type: 'end', reason: 'abstained' });
    }
  });

  it('says a sentence once that overlapping passages share', async () => {
    const events = await ask('How many characters may a tenant id have?', [passages[1]!, passages[1]!]);
    expect(textOf(events)).toBe('A tenant id has at most 64 characters.');
  });

  it('stops for a raised signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const events = createExtractiveModel(embedding).answer(assemblePrompt('What is a tenant id?', passages), {
      signal,
    });
    await expect(collect(events)).rejects.toThrow('enough');
  });
});
