import { describe, expect, it } from 'vitest';
import { parsePptx } from '../../../ingest/parsers/pptx.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makePptx, makeRelations, makeShape } from './make-office.ts';

const frame = (content: string): string =>
  `<p:graphicFrame><a:graphic><a:graphicData>${content}</a:graphicData></a:graphic></p:graphicFrame>`;
const cell = (text: string, attributes = ''): string =>
  `<a:tc ${attributes}><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;

describe('parsePptx', () => {
  it('makes a section of each slide, with its page, title first, lists and tables', async () => {
    const parsed = await parsePptx(
      makePptx([
        makeShape(['One', 'Two &amp; three'], 'body') +
          makeShape(['7'], 'sldNum') +
          makeShape(['Plans'], 'title'),
        [
          frame(
            `<a:tbl><a:tr>${cell('Kind')}${cell('Size')}</a:tr><a:tr>${cell('A', 'rowSpan="2"')}${cell('1')}</a:tr><a:tr>${cell('', 'vMerge="1"')}${cell('2')}</a:tr></a:tbl>`,
          ),
          `<p:grpSp>${makeShape(['In a group'])}</p:grpSp>`,
        ].join(''),
      ]),
    );
    expectWellParsed(parsed);
    expect(parsed.title).toBe('Plans');
    expect(outline(parsed)).toEqual([
      'heading1: Plans',
      'list (Plans): - One\n- Two & three',
      'heading1: Slide 2',
      'table (Slide 2): Kind | Size\nA | 1\nA | 2',
      'paragraph (Slide 2): In a group',
    ]);
    expect(parsed.blocks.map((block) => block.location?.page)).toEqual([1, 1, 2, 2, 2]);
  });

  it('keeps notes and comments apart, and leaves hidden slides out', async () => {
    const hidden = '<p:sld show="0"><p:cSld><p:spTree><p:sp/></p:spTree></p:cSld></p:sld>';
    const parsed = await parsePptx(
      makePptx(
        [makeShape(['A'], 'ctrTitle') + makeShape(['Text']), makeShape(['B'], 'title')],
        [
          makeRelations('ppt/slides/slide1.xml', {
            n: ['notesSlide', '../notesSlides/notesSlide1.xml'],
            c: ['comments', '/ppt/comments/comment1.xml'],
          }),
          {
            name: 'ppt/notesSlides/notesSlide1.xml',
            content: `<p:notes>${makeShape(['Say hello'], 'body')}${makeShape(['1'], 'sldNum')}</p:notes>`,
          },
          {
            name: 'ppt/comments/comment1.xml',
            content: '<p:cmLst><p:cm authorId="0" dt="2026-01-01"><p:text>Why?</p:text></p:cm></p:cmLst>',
          },
          {
            name: 'ppt/commentAuthors.xml',
            content: '<p:cmAuthorLst><p:cmAuthor id="0" name="A B" initials="AB"/></p:cmAuthorLst>',
          },
          { name: 'ppt/slides/slide2.xml', content: hidden },
        ],
      ),
    );
    expect(outline(parsed)).toEqual([
      'heading1: A',
      'paragraph (A): Text',
      'heading2 (A): Notes',
      'paragraph (A > Notes): Say hello',
      'heading2 (A): Comments',
      'paragraph (A > Comments): A B (AB), 2026-01-01: Why?',
    ]);
  });

  it('writes charts as tables of their values, and the texts of SmartArt as lists', async () => {
    const points = (values: readonly string[]): string =>
      values.map((value, at) => `<c:pt idx="${at}"><c:v>${value}</c:v></c:pt>`).join('');
    const parsed = await parsePptx(
      makePptx(
        [frame('<c:chart r:id="c1"/>') + frame('<dgm:relIds r:dm="d1"/>')],
        [
          makeRelations('ppt/slides/slide1.xml', {
            c1: ['chart', '../charts/chart1.xml'],
            d1: ['diagramData', '../diagrams/data1.xml'],
          }),
          {
            name: 'ppt/charts/chart1.xml',
            content: `<c:chartSpace><c:chart><c:title><a:t>Ducks</a:t></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache>${points(['Wild'])}</c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>${points(['2019', '2020'])}</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>${points(['120', '80'])}</c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>`,
          },
          {
            name: 'ppt/diagrams/data1.xml',
            content:
              '<dgm:dataModel><dgm:pt><dgm:t><a:p><a:r><a:t>Step</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt/></dgm:dataModel>',
          },
        ],
      ),
    );
    expect(outline(parsed)).toEqual([
      'heading1: Slide 1',
      'paragraph (Slide 1): Ducks',
      'table (Slide 1): | Wild\n2019 | 120\n2020 | 80',
      'list (Slide 1): - Step',
    ]);
  });

  it('refuses a presentation without slides as empty', async () => {
    await expect(parsePptx(makePptx([]))).rejects.toMatchObject({ reason: 'empty' });
  });
});
