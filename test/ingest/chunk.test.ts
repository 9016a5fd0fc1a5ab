import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../domain/chunk.ts';
import { DocumentRefused, InvalidConfiguration } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type ChunkedDocument, type ChunkedModel, createChunker } from '../../ingest/chunk.ts';
import type { ChunkingStrategy } from '../../ingest/chunkers/strategy.ts';
import { embedLetters, heading, paragraph, parsedOf, wordTokenizer } from './chunkers/parsed-documents.ts';

/** 2 special tokens, and one token a word of up to 8 characters. */
const model: ChunkedModel = {
  id: 'words',
  maxInputTokens: 42,
  tokenizer: wordTokenizer,
};

function chunk(
  parsed: ParsedDocument,
  strategy: ChunkingStrategy = { strategy: 'default' },
  title?: string,
): Promise<ChunkedDocument> {
  const document = { tenantId: 'default', documentId: 'd', ...(title !== undefined && { title }) };
  return createChunker(strategy, model).chunk(parsed, document, embedLetters);
}

function words(count: number, word = 'w'): string {
  return Array.from({ length: count }, (_, at) => `${word}${at}`).join(' ');
}

function sentences(count: number, wordsEach: number): string {
  return Array.from({ length: count }, (_, at) => `S${at} ${words(wordsEach - 1)}.`).join(' ');
}

const texts = (chunks: readonly Chunk[]): string[] => chunks.map(({ text }) => text);

describe('createChunker', () => {
  it('gives no chunks for a document without text', async () => {
    expect(await chunk(parsedOf([]))).toEqual({
      chunks: [],
      parents: [],
      embeddedTexts: [],
      breakpointTexts: 0,
    });
    expect((await chunk({ ...parsedOf([]), text: ' \n ' }, { strategy: 'none' })).chunks).toEqual([]);
  });

  it('changes its recipe with strategy, parameters and model', () => {
    const recipes = [
      createChunker({ strategy: 'default' }, model),
      createChunker({ strategy: 'none' }, model),
      createChunker({ strategy: 'fixed', maxTokens: 30, overlapPercentage: 20 }, model),
      createChunker({ strategy: 'fixed', maxTokens: 30, overlapPercentage: 21 }, model),
      createChunker({ strategy: 'default' }, { ...model, id: 'other' }),
      createChunker({ strategy: 'default' }, { ...model, maxInputTokens: 43 }),
      createChunker({ strategy: 'custom', id: 'a', split: () => [] }, model),
      createChunker({ strategy: 'custom', id: 'b', split: () => [] }, model),
    ].map(({ recipe }) => recipe);
    expect(new Set(recipes).size).toBe(recipes.length);
    expect(createChunker({ strategy: 'default' }, model).recipe).toBe(recipes[0]);
  });

  it.each([
    [{ strategy: 'fixed', maxTokens: 19, overlapPercentage: 20 }, 'maxTokens'],
    [{ strategy: 'fixed', maxTokens: 8193, overlapPercentage: 20 }, 'maxTokens'],
    [{ strategy: 'fixed', maxTokens: 300, overlapPercentage: 0 }, 'overlapPercentage'],
    [{ strategy: 'fixed', maxTokens: 300, overlapPercentage: 100 }, 'overlapPercentage'],
    [
      { strategy: 'hierarchical', parentMaxTokens: 1500, childMaxTokens: 1501, overlapTokens: 60 },
      'childMaxTokens',
    ],
    [
      { strategy: 'hierarchical', parentMaxTokens: 1500, childMaxTokens: 60, overlapTokens: 60 },
      'overlapTokens',
    ],
    [{ strategy: 'custom', id: '', split: () => [] }, 'id'],
    [{ strategy: 'semantic', maxTokens: 19, bufferSize: 0, breakpointPercentileThreshold: 95 }, 'maxTokens'],
    [
      { strategy: 'semantic', maxTokens: 300, bufferSize: 2, breakpointPercentileThreshold: 95 },
      'bufferSize',
    ],
    [
      { strategy: 'semantic', maxTokens: 300, bufferSize: 1, breakpointPercentileThreshold: 100 },
      'breakpointPercentileThreshold',
    ],
    [{ strategy: 'pages' } as unknown as ChunkingStrategy, 'strategy'],
  ] as [ChunkingStrategy, string][])('refuses %j', (strategy, setting) => {
    expect(() => createChunker(strategy, model)).toThrow(
      expect.objectContaining({ setting: `ingest.chunking.${setting}` }),
    );
  });
});

describe('createChunker, default', () => {
  it('keeps a document that fits in one chunk, under its title', async () => {
    const { chunks, embeddedTexts } = await chunk(
      parsedOf([paragraph(words(15)), paragraph(words(15))]),
      undefined,
      'The title',
    );
    expect(chunks).toHaveLength(1);
    expect(chunks[0]!.tokens).toBe(2 + 2 + 30);
    expect(embeddedTexts[0]).toBe(`The title\n${chunks[0]!.text}`);
  });

  it('ends chunks at sentences and makes them of about equal size', async () => {
    const { chunks } = await chunk(parsedOf([paragraph(sentences(9, 6))]));
    expect(chunks.map(({ text }) => text.split(' ').length)).toEqual([30, 24]);
    for (const { text } of chunks) expect(text.endsWith('.')).toBe(true);
  });

  it('ends chunks at paragraphs where they are near', async () => {
    const parsed = parsedOf([paragraph(sentences(4, 7)), paragraph(sentences(4, 7))]);
    expect(texts((await chunk(parsed)).chunks)).toEqual([sentences(4, 7), sentences(4, 7)]);
  });

  it('splits a sentence that is longer than the model reads at words', async () => {
    const { chunks } = await chunk(parsedOf([paragraph(words(100))]));
    expect(chunks.length).toBe(3);
    expect(texts(chunks).join(' ')).toBe(words(100));
  });

  it('does not mix sections, and gives chunks the headings above them', async () => {
    const parsed = parsedOf([
      heading('Guide'),
      paragraph(words(20, 'a'), ['Guide']),
      heading('Setup', ['Guide']),
      paragraph(sentences(8, 7), ['Guide', 'Setup']),
    ]);
    const { chunks, embeddedTexts } = await chunk(parsed, undefined, 'Manual');
    expect(chunks.map(({ headingPath }) => headingPath)).toEqual([[], ['Guide'], ['Guide', 'Setup']]);
    expect(chunks[0]!.text).toBe(`Guide\n\n${words(20, 'a')}`);
    expect(chunks[1]!.text.startsWith('Setup\n\nS0')).toBe(true);
    expect(embeddedTexts[2]!.startsWith('Manual > Guide > Setup\nS')).toBe(true);
  });

  it('joins tiny sections beside each other, and headings with what they stand above', async () => {
    const parsed = parsedOf([
      heading('Guide'),
      heading('One', ['Guide']),
      paragraph(words(3), ['Guide', 'One']),
      heading('Two', ['Guide']),
      paragraph(words(3), ['Guide', 'Two']),
    ]);
    const { chunks } = await chunk(parsed);
    expect(texts(chunks)).toEqual([parsed.text]);
    const large = parsedOf([
      heading('Guide'),
      heading('One', ['Guide']),
      paragraph(words(30), ['Guide', 'One']),
    ]);
    expect(texts((await chunk(large)).chunks)).toEqual([large.text]);
  });

  it('never ends a chunk with a heading', async () => {
    const parsed = parsedOf([heading('Guide'), paragraph(words(60, 'b'), ['Guide'])]);
    const { chunks } = await chunk(parsed);
    expect(chunks[0]!.text).toMatch(/^Guide\n\nb0 /);
  });

  it('keeps code whole where it fits', async () => {
    const code = Array.from({ length: 12 }, (_, at) => `do ${at} it`).join('\n\n');
    const parsed = parsedOf([paragraph(sentences(2, 5)), { kind: 'code', text: code }]);
    expect(texts((await chunk(parsed)).chunks)).toEqual([sentences(2, 5), code]);
  });

  it('splits long code at blank lines or lines', async () => {
    const code = Array.from({ length: 30 }, (_, at) => `do ${at} it`).join('\n');
    const { chunks } = await chunk(parsedOf([{ kind: 'code', text: code }]));
    for (const { text } of chunks) expect(text).toMatch(/^do .* it$/s);
  });

  it('repeats the header of a long table as context, and cuts no row', async () => {
    const rows = Array.from({ length: 12 }, (_, at) => `r${at} | ${words(4)}`);
    const table = ['name | a b c d', ...rows].join('\n');
    const { chunks, embeddedTexts } = await chunk(parsedOf([{ kind: 'table', text: table }]));
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks[0]!.context).toBeUndefined();
    expect(chunks[0]!.text.startsWith('name | a b c d\nr0')).toBe(true);
    for (const [at, later] of chunks.entries()) {
      if (at === 0) continue;
      expect(later.context).toBe('name | a b c d');
      expect(embeddedTexts[at]).toBe(`name | a b c d\n${later.text}`);
    }
    expect(texts(chunks).join('\n').split('\n').slice(1)).toEqual(rows);
  });

  it('ends a chunk behind a header only where a row would else be cut', async () => {
    const header = words(12, 'h');
    const long = `${header}\n${words(25)}\n${words(25)}`;
    const cut = await chunk(parsedOf([{ kind: 'table', text: long }]));
    expect(texts(cut.chunks)).toEqual([`${header}\n${words(25)}`, words(25)]);
    const uneven = `${words(20, 'h')}\n${words(20)}\n${words(10)}`;
    const kept = await chunk(parsedOf([{ kind: 'table', text: uneven }]));
    expect(texts(kept.chunks)).toEqual([`${words(20, 'h')}\n${words(20)}`, words(10)]);
    const longer = `${header}\n${words(29)}\n${words(29)}`;
    const whole = await chunk(parsedOf([{ kind: 'table', text: longer }]));
    expect(texts(whole.chunks)).toEqual([header, words(29), words(29)]);
  });

  it('gives each piece of a row that is longer than the model reads the header', async () => {
    const table = `id | text\nr1 | ${words(90)}\nr2 | short`;
    const { chunks } = await chunk(parsedOf([{ kind: 'table', text: table }]));
    expect(chunks.length).toBeGreaterThan(2);
    for (const later of chunks.slice(1)) expect(later.context).toBe('id | text');
  });

  it('cuts a header of thousands of columns to a quarter of the chunk', async () => {
    const table = `${words(10_000, 'c')}\n${words(10_000)}`;
    const { chunks } = await chunk(parsedOf([{ kind: 'table', text: table }]));
    expect(chunks[1]!.context).toBe(words(10, 'c'));
    expect(texts(chunks).join(' ').split(/\s+/)).toHaveLength(20_000);
  });

  it('cuts a title that is too long, and keeps the innermost headings', async () => {
    const path = [words(9, 'x'), words(3, 'y'), words(3, 'z')];
    const parsed = parsedOf([paragraph(words(10), path)]);
    const { chunks, embeddedTexts } = await chunk(parsed, undefined, words(50, 't'));
    // A quarter of 42 tokens for the line, half of that for the title; " > " is a token too.
    expect(chunks[0]!.headingPath).toEqual([words(3, 'z')]);
    expect(embeddedTexts[0]).toBe(`${words(5, 't')} > ${words(3, 'z')}\n${words(10)}`);
  });

  it('cuts the end of an innermost heading that alone is too long', async () => {
    const parsed = parsedOf([paragraph(words(10), ['Outer', words(50, 'z')])]);
    const { chunks } = await chunk(parsed);
    expect(chunks[0]!.headingPath).toEqual([words(10, 'z')]);
  });

  it('takes page and sheet from where the chunk starts, and does not mix sheets', async () => {
    const parsed = parsedOf([
      { ...paragraph(words(3)), location: { sheet: 'A' } },
      { ...paragraph(words(3)), location: { sheet: 'B' } },
    ]);
    const { chunks } = await chunk(parsed);
    expect(chunks.map(({ location }) => location)).toEqual([{ sheet: 'A' }, { sheet: 'B' }]);
    const pages = parsedOf([
      { ...paragraph(words(3)), location: { page: 4 } },
      { ...paragraph(words(3)), location: { page: 5 } },
    ]);
    expect((await chunk(pages)).chunks.map(({ location }) => location)).toEqual([{ page: 4 }]);
  });

  it('lets others run while it works on a long document', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await chunk(parsedOf([paragraph(words(200_000))]));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('createChunker, fixed', () => {
  it('fills each chunk and repeats the percentage of it', async () => {
    const strategy = { strategy: 'fixed', maxTokens: 22, overlapPercentage: 25 } as const;
    const { chunks } = await chunk(parsedOf([paragraph(words(60))]), strategy);
    expect(chunks[0]!.text).toBe(words(20));
    expect(chunks[1]!.text.split(' ')[0]).toBe('w15');
    expect(chunks.map(({ tokens }) => tokens)).toEqual([22, 22, 22, 17]);
  });

  it('takes a size above the model as the model', async () => {
    const strategy = { strategy: 'fixed', maxTokens: 8192, overlapPercentage: 1 } as const;
    const { chunks } = await chunk(parsedOf([paragraph(words(60))]), strategy);
    expect(chunks.map(({ tokens }) => tokens)).toEqual([42, 22]);
  });

  it('goes on by at least a word, however large the overlap', async () => {
    const strategy = { strategy: 'fixed', maxTokens: 20, overlapPercentage: 99 } as const;
    const { chunks } = await chunk(parsedOf([paragraph(words(60))]), strategy);
    expect(chunks.at(-1)!.text.endsWith('w59')).toBe(true);
    expect(chunks.length).toBeLessThanOrEqual(60);
  });
});

describe('createChunker, hierarchical', () => {
  const strategy = {
    strategy: 'hierarchical',
    parentMaxTokens: 60,
    childMaxTokens: 22,
    overlapTokens: 4,
  } as const;

  it('makes parents of neighbouring children, overlapping as they do', async () => {
    const { chunks, parents } = await chunk(parsedOf([paragraph(words(120))]), strategy);
    expect(parents.length).toBeGreaterThan(1);
    expect(chunks.every(({ parentOrdinal }) => parents[parentOrdinal!] !== undefined)).toBe(true);
    const repeated = parents[1]!.text.split(' ').slice(0, 4).join(' ');
    expect(parents[0]!.text.endsWith(repeated)).toBe(true);
    expect(parents[0]!.text.split(' ').length).toBeGreaterThan(30);
  });

  it('ends a well-filled parent where a section does', async () => {
    const parsed = parsedOf([
      paragraph(words(40), ['One']),
      heading('Two'),
      paragraph(words(15, 'b'), ['Two']),
    ]);
    const { parents } = await chunk(parsed, strategy);
    expect(parents.map(({ text }) => text.split(/\s+/)[0])).toEqual(['w0', 'Two']);
  });
});

describe('createChunker, none', () => {
  it('makes one chunk of a document, under the headings that all of it shares', async () => {
    const parsed = parsedOf([paragraph('One.', ['A', 'B']), paragraph('Two.', ['A', 'C'])]);
    const { chunks } = await chunk(parsed, { strategy: 'none' });
    expect(chunks).toMatchObject([{ text: parsed.text, headingPath: ['A'], ordinal: 0 }]);
  });

  it('refuses a document that the model cannot read whole', async () => {
    const refused = chunk(parsedOf([paragraph(words(41))]), { strategy: 'none' });
    await expect(refused).rejects.toBeInstanceOf(DocumentRefused);
    await expect(refused).rejects.toMatchObject({ reason: 'too_large' });
    await expect(refused).rejects.toThrow('43 tokens');
  });
});

describe('createChunker, custom', () => {
  it('takes the pieces of a function as they are', async () => {
    const parsed = parsedOf([paragraph('one two three four')]);
    const split = () => [
      { start: 0, end: 7 },
      { start: 4, end: 18 },
    ];
    const { chunks } = await chunk(parsed, { strategy: 'custom', id: 'mine', split });
    expect(texts(chunks)).toEqual(['one two', 'two three four']);
  });

  it('splits a piece that the model cannot read whole, and drops empty ones', async () => {
    const parsed = parsedOf([paragraph(sentences(10, 6))]);
    const split = async () => [
      { start: 0, end: parsed.text.length },
      { start: parsed.text.length, end: parsed.text.length },
    ];
    const { chunks } = await chunk(parsed, { strategy: 'custom', id: 'mine', split });
    expect(chunks.length).toBeGreaterThan(1);
    expect(texts(chunks).join(' ')).toBe(parsed.text);
  });

  it('widens a piece that would cut a surrogate pair', async () => {
    const split = () => [
      { start: 0, end: 2 },
      { start: 2, end: 4 },
    ];
    const { chunks } = await chunk(parsedOf([paragraph('a😀b')]), { strategy: 'custom', id: 'mine', split });
    expect(texts(chunks)).toEqual(['a😀', '😀b']);
  });

  it.each([
    [[{ start: 0, end: 99 }]],
    [[{ start: 3, end: 1 }]],
    [[{ start: 0.5, end: 1 }]],
    [
      [
        { start: 2, end: 3 },
        { start: 0, end: 1 },
      ],
    ],
  ])('refuses the pieces %j', async (pieces) => {
    const chunked = chunk(parsedOf([paragraph('some text')]), {
      strategy: 'custom',
      id: 'mine',
      split: () => pieces,
    });
    await expect(chunked).rejects.toBeInstanceOf(InvalidConfiguration);
  });
});

describe('createChunker, semantic', () => {
  const semantic = {
    strategy: 'semantic',
    maxTokens: 42,
    bufferSize: 0,
    breakpointPercentileThreshold: 60,
  } as const;
  const abc = 'Aaa aab aba abb. Aba aaa bab aab. Abb bab aba aaa.';
  const xyz = 'Xxy yzz zxy xyz. Zzx yyx xzy xxz. Xyz zyx yzx xxx.';

  it('ends a chunk where the next sentence is about something else', async () => {
    const { chunks, breakpointTexts } = await chunk(parsedOf([paragraph(`${abc} ${xyz}`)]), semantic);
    expect(texts(chunks)).toContain(abc);
    expect(breakpointTexts).toBe(6);
    // Neither size nor paragraphs would have ended a chunk there.
    const byDefault = await chunk(parsedOf([paragraph(`${abc} ${xyz}`)]));
    expect(texts(byDefault.chunks)).toEqual([`${abc} ${xyz}`]);
    expect(byDefault.breakpointTexts).toBe(0);
  });

  it('gives the model each text once, with as many neighbours as asked for', async () => {
    const given: string[] = [];
    const embed = (passages: readonly string[]) => {
      given.push(...passages);
      return embedLetters(passages);
    };
    const parsed = parsedOf([paragraph('One a. Two b. Two b. Four d.')]);
    const identity = { tenantId: 'default', documentId: 'd' };
    const chunked = await createChunker(semantic, model).chunk(parsed, identity, embed);
    expect(given).toEqual(['One a.', 'Two b.', 'Four d.']);
    expect(chunked.breakpointTexts).toBe(3);
    given.length = 0;
    await createChunker({ ...semantic, bufferSize: 1 }, model).chunk(parsed, identity, embed);
    expect(given).toEqual([
      'One a. Two b.',
      'One a. Two b. Two b.',
      'Two b. Two b. Four d.',
      'Two b. Four d.',
    ]);
  });

  it('takes a table and a block of code for one sentence, and never compares across headings', async () => {
    const rows = ['name | price', ...Array.from({ length: 9 }, (_, at) => `item ${at} | ${at}`)].join('\n');
    const parsed = parsedOf([
      { kind: 'table', text: rows },
      { kind: 'code', text: 'a = 1\n\nb = 2' },
      heading('Next'),
      paragraph('Only one.', ['Next']),
    ]);
    expect((await chunk(parsed, semantic)).breakpointTexts).toBe(3);
  });

  it('still cuts what is longer than asked for, and nothing where all distances are equal', async () => {
    const long = await chunk(parsedOf([paragraph(sentences(12, 7))]), semantic);
    expect(Math.max(...long.chunks.map(({ tokens }) => tokens))).toBeLessThanOrEqual(42);
    const same = await chunk(parsedOf([paragraph('Same a b. '.repeat(9).trim())]), semantic);
    expect(same.chunks).toHaveLength(1);
  });

  it('lets a model that fails through, and refuses to guess without one', async () => {
    const identity = { tenantId: 'default', documentId: 'd' };
    const { chunk: cut } = createChunker(semantic, model);
    const parsed = parsedOf([paragraph(abc)]);
    await expect(cut(parsed, identity, () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    await expect(cut(parsed, identity)).rejects.toThrow(TypeError);
  });
});

describe('createChunker, what stands around', () => {
  it('keeps a list with the line that announces it', async () => {
    const lead = `${words(14, 'a')}. There are three:`;
    const parsed = parsedOf([
      paragraph(lead),
      { kind: 'list', text: `- ${words(20, 'b')}\n- ${words(6, 'c')}` },
    ]);
    const { chunks } = await chunk(parsed);
    expect(chunks).toHaveLength(2);
    expect(chunks[0]!.text).toBe(`${words(14, 'a')}.`);
    expect(chunks[1]!.text.startsWith('There are three:\n\n- b0')).toBe(true);
  });

  it('embeds neither title nor headings where that is asked for, and keeps them with the chunk', async () => {
    const parsed = parsedOf([heading('Guide'), paragraph(sentences(8, 7), ['Guide'])]);
    const { chunks, embeddedTexts } = await chunk(
      parsed,
      { strategy: 'default', embedHeadings: false },
      'Manual',
    );
    expect(embeddedTexts).toEqual(texts(chunks));
    expect(chunks.at(-1)!.headingPath).toEqual(['Guide']);
  });
});
