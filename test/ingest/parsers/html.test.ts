import { describe, expect, it } from 'vitest';
import { parseHtml } from '../../../ingest/parsers/html.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

const lines = (html: string): string[] => {
  const parsed = parseHtml(html);
  expectWellParsed(parsed);
  return outline(parsed);
};

describe('parseHtml', () => {
  it('drops the site around the page and what is not shown', () => {
    const parsed =
      parseHtml(`<!doctype html><html><head><title>The page</title><style>p{}</style></head><body>
      <header><h1>Page</h1></header><nav><a href="/">Home</a></nav>
      <p>Text &amp; more<script>alert(1)</script> <span hidden>secret</span><i style="display: none">no</i>&nbsp;end</p>
      <div role="navigation">menu</div><noscript>js</noscript><svg><title>icon</title><text>x</text></svg>
      <footer>imprint</footer></body></html>`);
    expect(parsed.title).toBe('The page');
    expect(outline(parsed)).toEqual(['heading1: Page', 'paragraph (Page): Text & more end']);
  });

  it.each([
    ['style="font-size:0"', ''],
    ['style="color:red;font-size: 0px"', ''],
    ['style="opacity: 0.0"', ''],
    ['style="color: transparent"', ''],
    ['style="color:#FFF"', ''],
    ['style="color: rgb(255, 255, 255)"', ''],
    ['color="white"', ''],
    ['style="font-size:0.5em"', 'seen'],
    ['style="opacity:0.5"', 'seen'],
    ['style="color:#ffe"', 'seen'],
    ['style="background-color:#fff"', 'seen'],
    ['style="color:#fff;background:#000"', 'seen'],
    // A style sheet may give it a dark ground.
    ['class="inverse" style="color:#fff"', 'seen'],
  ])('takes text with %s for what a reader sees of it', (attributes, seen) => {
    const tag = attributes.startsWith('color=') ? 'font' : 'span';
    const parsed = parseHtml(`<p>Before <${tag} ${attributes}>seen</${tag}> after.</p>`);
    expect(parsed.text).toBe(seen === '' ? 'Before after.' : 'Before seen after.');
  });

  it('flags a page whose own styles hide text, and no other', () => {
    const flagsOf = (html: string) => parseHtml(`<p>Seen.</p>${html}`).flags;
    expect(flagsOf('<p style="display:none">Ignore all.</p>')).toEqual(['hidden_text']);
    expect(flagsOf('<p><font color="white">Ignore all.</font></p>')).toEqual(['hidden_text']);
    expect(flagsOf('<div hidden><div> </div><p>Ignore all.</p></div>')).toEqual(['hidden_text']);
    for (const html of [
      '<div style="display:none"> <script>x</script></div>',
      '<span aria-hidden="true">x</span>',
      '<script>x</script>',
    ])
      expect(flagsOf(html)).toBeUndefined();
  });

  it('keeps where its links lead, without those of its navigation and of what is hidden', () => {
    const page = `<base href="https://example.com/docs/"><nav><a href="/home">Home</a></nav>
      <p>See <a href="b.html">b</a>, <a href="b.html#x">x</a>, <a href="#top">top</a>, <a name="y">y</a>,
      <a href="javascript:alert(1)">bad</a> and <a href="mailto:a@b.example">us</a>.
      <span hidden><a href="/hidden">no</a></span></p><table><tr><td><a href=/t>t</a></td><td>u</td></tr></table>`;
    const { text, links } = parseHtml(page);
    expect(text).toContain('See b, x, top, y, bad and us.');
    expect(links).toEqual([
      'https://example.com/docs/b.html',
      'https://example.com/docs/b.html#x',
      'mailto:a@b.example',
      'https://example.com/t',
    ]);
    expect(parseHtml('<p><a href="b.html">b</a></p>').links).toEqual(['b.html']);
    expect(parseHtml('<p>None</p>')).not.toHaveProperty('links');
  });

  it('reads white text on a ground of its own above it', () => {
    const page = (ground: string) =>
      `<div ${ground}><p><span style="color:white">Title</span></p></div><p>Text.</p>`;
    expect(parseHtml(page('style="background:#036"')).text).toContain('Title');
    expect(parseHtml(page('bgcolor="#036"')).text).toContain('Title');
    expect(parseHtml(page('')).text).not.toContain('Title');
  });

  it('reads the main part alone where it is marked', () => {
    expect(
      lines(
        `<div>Advert</div><main><p>${'Real content. '.repeat(20)}</p><aside>A note</aside></main><div>Related</div>`,
      ),
    ).toEqual([`paragraph: ${'Real content. '.repeat(20).trim()}`, 'paragraph: A note']);
  });

  it('keeps the whole page where the marked part is a fragment of it', () => {
    expect(lines(`<article>Teaser</article><p>${'The text itself. '.repeat(20)}</p>`)).toHaveLength(2);
  });

  it('finds the article among unmarked columns of links', () => {
    const links = `<div class="sidebar">${'<div><a href="/x">Another page of this site</a></div>'.repeat(60)}</div>`;
    const article = `<div class="content">${`<p>${'A sentence of the article, with commas, and words. '.repeat(6)}</p>`.repeat(8)}</div>`;
    const found = lines(`<html><body>${links}${article}</body></html>`);
    expect(found).toHaveLength(8);
    expect(found.join()).not.toContain('Another page');
  });

  it('shows a page that is all navigation as it is', () => {
    expect(lines('<nav><ul><li>One</li><li>Two</li></ul></nav>')).toEqual(['list: - One\n- Two']);
  });

  it('reads lists, definitions, quotes and line breaks', () => {
    expect(
      lines(`<ol start="3"><li>Three<ul><li>inner<li>second</ul></li><li><p>Four</p><p>more</p></li></ol>
        <dl><dt>Term</dt><dd>Meaning</dd></dl><blockquote>Said<br>twice</blockquote>`),
    ).toEqual([
      'list: 3. Three\n  - inner\n  - second\n4. Four\n  more',
      'list: - Term\n  Meaning',
      'paragraph: Said\ntwice',
    ]);
  });

  it('keeps the white space of code', () => {
    expect(lines('<pre><code>if (a) {\n  <b>b</b>()\n}\n</code></pre>')).toEqual([
      'code: if (a) {\n  b()\n}',
    ]);
  });

  it('reads tables with their header, spans and caption', () => {
    expect(
      lines(`<h2>Data</h2><table><caption>Sizes</caption><thead><tr><th>Kind<th colspan=2>Size</tr></thead>
        <tr><td rowspan=2>A<td>1<td>x</tr><tr><td>2<td>y</tr><tr><td></td></tr></table>`),
    ).toEqual([
      'heading2: Data',
      'paragraph (Data): Sizes',
      'table (Data): Kind | Size\nA | 1 | x\nA | 2 | y',
    ]);
    const { blocks, text } = parseHtml('<table><tr><td>a<td>b</tr><tr><td>1<td>2</tr></table>');
    expect(blocks[0]!.table).toEqual({ header: '| a | b |\n|-|-|', rows: [text.indexOf('| 1')] });
  });

  it('reads tables that lay out a page as text', () => {
    expect(lines('<table><tr><td><h1>Head</h1><p>Text</p></td><td>Side</td></tr></table>')).toEqual([
      'heading1: Head',
      'paragraph (Head): Text',
      'paragraph (Head): Side',
    ]);
  });

  it('reads text around and after a broken shell', () => {
    expect(
      lines('<header>A</header><html class="x > y"><body>B</body></html><p>C').map((line) => line.at(-1)),
    ).toEqual(['A', 'B', 'C']);
  });

  it('refuses pages without text as empty, and 50,000 elements inside each other as too large', () => {
    expect(() => parseHtml('<html><body><script>x</script></body></html>')).toThrow(
      expect.objectContaining({ reason: 'empty' }),
    );
    expect(() => parseHtml(`${'<div>'.repeat(50_000)}x`)).toThrow(
      expect.objectContaining({ reason: 'too_large' }),
    );
  });

  it('parses 900 elements inside each other', () => {
    expect(lines(`${'<div>'.repeat(900)}deep`)).toEqual(['paragraph: deep']);
  });
});
