import { describe, expect, it } from 'vitest';
import { parseMarkdown } from '../../../ingest/parsers/markdown.ts';
import { splitMarkdown } from '../../../ingest/parsers/split-markdown.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

const page = `---
title: "The guide"
tags: [a, b]
---
# Install *now*

Some **bold** text with \`code\`,
wrapped, and a [link](https://example.com).  
After a break.

## Steps

1. First
2. Second
   continued
   - nested [x](y)

   \`\`\`sh
   npm ci
   \`\`\`
3. Third

| Name | Size |
|------|-----:|
| a \\| b | 1 |
| **c** | 2 |

> Quoted
> text[^1]

<details><summary>More</summary>Hidden <b>words</b><!-- no --></details>

[^1]: The note.

- [x] done
`;

describe('parseMarkdown', () => {
  it('gives plain text with headings, lists, code and tables as blocks', () => {
    const parsed = parseMarkdown(page);
    expectWellParsed(parsed);
    expect(parsed.title).toBe('The guide');
    expect(outline(parsed)).toEqual([
      'heading1: Install now',
      'paragraph (Install now): Some bold text with code, wrapped, and a link.\nAfter a break.',
      'heading2 (Install now): Steps',
      'list (Install now > Steps): 1. First\n2. Second continued\n  - nested x',
      'code (Install now > Steps): npm ci',
      'list (Install now > Steps): 3. Third',
      'table (Install now > Steps): Name | Size\na \\| b | 1\nc | 2',
      'paragraph (Install now > Steps): Quoted text',
      'paragraph (Install now > Steps): More',
      'paragraph (Install now > Steps): Hidden words',
      'paragraph (Install now > Steps): The note.',
      'list (Install now > Steps): - done',
    ]);
  });

  it('takes the first heading of level 1 for the title where there is no front matter', () => {
    expect(parseMarkdown('## Two\n\n# One\n\n---\n\na').title).toBe('One');
    expect(parseMarkdown('---\n\nnot front matter\n\n---\n').text).toBe('not front matter');
  });

  it('keeps where its links lead', () => {
    const { links } = parseMarkdown(
      '# A [b](b.md)\n\n- [c][ref], <https://auto.example>, [bad](javascript:x), ![p](p.png), <a href="d.md">d</a> (see https://bare.example/x.)\n\n<p><a href="e.md">e</a></p>\n\n[ref]: https://ref.example/ "t"\n',
    );
    expect(links?.toSorted()).toEqual([
      'b.md',
      'd.md',
      'e.md',
      'https://auto.example/',
      'https://bare.example/x',
      'https://ref.example/',
    ]);
  });

  it('refuses Markdown without text as empty', () => {
    expect(() => parseMarkdown('<!-- only a comment -->\n\n[x]: https://example.com\n')).toThrow(
      expect.objectContaining({ reason: 'empty' }),
    );
  });
});

describe('splitMarkdown', () => {
  const section = (at: number): string =>
    `## Section ${at}\n\n${'word '.repeat(2_000)}\n\n\`\`\`\n\n# not a heading\n\`\`\`\n\n`;
  const long = Array.from({ length: 60 }, (_, at) => section(at)).join('');

  it('leaves ordinary documents whole', () => {
    expect(splitMarkdown(section(1))).toEqual([section(1)]);
  });

  it('cuts long ones outside code, and nothing is lost', () => {
    const sections = splitMarkdown(long);
    expect(sections.length).toBeGreaterThan(3);
    expect(sections.join('')).toBe(long);
    for (const part of sections) expect(part).not.toMatch(/^# not/);
    expect(parseMarkdown(long).blocks.filter((block) => block.kind === 'heading')).toHaveLength(60);
  });
});
