import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentences } from '../../domain/sentences.ts';

function split(text: string): string[] {
  return sentences(text).map(([start, end]) => text.slice(start, end));
}

describe('sentences', () => {
  it('ends a sentence at its mark', () => {
    expect(split('One is here. Is two? Three!')).toEqual(['One is here.', 'Is two?', 'Three!']);
  });

  it.each([
    'See Dr. Smith et al. (2001) in Fig. 3.',
    'It was ca. 3.5 mg vs. 2 mg, i.e. good.',
    'J. K. Rowling wrote it.',
    'On Jan. 5 the U.S. Army came.',
    'No. 5 is on pp. 3 to 4, Vol. II.',
    'GET /documents/{id} (?wait=stored) works.',
    'It takes { access? }, and more.',
    '3. Third item.',
    'Das gilt z. B. für Öl bzw. Gas, d. h. am 3. Mai auch für Hr. Weiß.',
    'M. Dupont et Mme. Martin sont là, cf. p. 12.',
    'El Sr. García y la Sra. López viven en EE. UU. desde 2010.',
    'Он живёт на ул. Ленина, д. 5, т. е. в центре.',
    '彼は「行きます。」と言った。',
  ])('keeps %j whole', (text) => {
    expect(split(text)).toEqual([text]);
  });

  it('ends at an abbreviation that the next word shows to be the end', () => {
    expect(split('Is it? No. It is not.')).toEqual(['Is it?', 'No.', 'It is not.']);
    expect(split('She took vitamin C. The rest is known.')).toEqual([
      'She took vitamin C.',
      'The rest is known.',
    ]);
  });

  it('splits languages that put no space behind the mark', () => {
    expect(split('今天天气很好。我们去公园玩吧！')).toEqual(['今天天气很好。', '我们去公园玩吧！']);
    expect(split('出かけた！本当？はい。')).toEqual(['出かけた！', '本当？', 'はい。']);
    expect(split('यह पहला है। यह दूसरा है।')).toEqual(['यह पहला है।', 'यह दूसरा है।']);
    expect(split('هل أنت بخير؟ نعم، أنا بخير.')).toEqual(['هل أنت بخير؟', 'نعم، أنا بخير.']);
    expect(split('ខ្ញុំស្រលាញ់អ្នក។ អ្នកទៅណា?')).toEqual(['ខ្ញុំស្រលាញ់អ្នក។', 'អ្នកទៅណា?']);
  });

  it('splits Thai, which has no mark for the end of a sentence, at a space once there is about a sentence', () => {
    const [first, second] = ['สวัสดีครับ วันนี้อากาศดีมาก เราไปเที่ยวสวนสาธารณะกันเถอะนะครับทุกคน', 'พรุ่งนี้ฝนจะตก'];
    expect(split(`${first} ${second}`)).toEqual([first, second]);
    expect(split('สวัสดีครับ วันนี้อากาศดี')).toHaveLength(1);
  });

  it('reads on over the line breaks of wrapped prose', () => {
    const wrapped = 'A long line of prose that was wrapped by its writer at\nSome column, and goes on.';
    expect(split(wrapped)).toEqual([wrapped]);
    expect(split(wrapped.replace('\n', '\r\n'))).toHaveLength(1);
  });

  it('ends at blank lines, list items and table rows', () => {
    expect(split('A heading\n\nText follows')).toEqual(['A heading', 'Text follows']);
    expect(split('- item one\n- item two')).toEqual(['- item one', '- item two']);
    expect(split('name | price of the article in the shop\napple | 3')).toHaveLength(2);
  });

  it('covers each character that is not white space exactly once, in order', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        'a',
        'B',
        '. ',
        '.',
        ' ',
        '\n',
        '\r\n',
        '1',
        '😀',
        'é',
        '。',
        '- ',
        '(',
        '"',
        '\t',
        '?',
        'ไทยไทยไทยไทยไทยไทย',
      ),
      maxLength: 200,
    });
    fc.assert(
      fc.property(text, (input) => {
        let end = 0;
        for (const [from, to] of sentences(input)) {
          expect(input.slice(end, from).trim()).toBe('');
          expect(input.slice(from, to).trim()).toBe(input.slice(from, to));
          expect(to).toBeGreaterThan(from);
          end = to;
        }
        expect(input.slice(end).trim()).toBe('');
      }),
    );
  });
});
