import { describe, expect, it } from 'vitest';
import { detectMediaType } from '../../../ingest/parsers/detect-media-type.ts';
import { makeCompoundFile } from './make-compound-file.ts';
import { makePdf } from './make-pdf.ts';
import { makeDocx, makeZip } from './make-zip.ts';

const detect = (content: string | Uint8Array, name = 'a', mediaType?: string): string =>
  detectMediaType(content, { name, mediaType }).mediaType;
const refusal = (reason: string) => expect.objectContaining({ reason });

describe('detectMediaType', () => {
  it('believes signatures, not names', () => {
    expect(detect(makePdf([]), 'notes.txt', 'text/plain')).toBe('application/pdf');
    expect(detect(Buffer.concat([Buffer.from('\n\n'), makePdf([])]), 'a.docx')).toBe('application/pdf');
    expect(detect(makeDocx(''), 'report.pdf')).toMatch(/wordprocessingml/);
  });

  it('refuses what claims to be binary and is not, or is text under a wrong name as text', () => {
    expect(() => detect(Uint8Array.from([1, 2, 3, 4, 5, 6]), 'a.pdf')).toThrow(refusal('corrupt'));
    expect(() => detect(Uint8Array.from([1, 2, 3, 4, 5, 6]), 'a.txt')).toThrow(refusal('unsupported_type'));
    expect(detect(Buffer.from('only text'), 'a.pdf')).toBe('text/plain');
    expect(detect(Buffer.from('<!doctype html><p>Not found'), 'a.pdf', 'application/pdf')).toBe('text/html');
  });

  it('refuses 0 bytes and nothing but white space as empty', () => {
    for (const name of ['a.pdf', 'a.docx', 'a.txt', 'a.json']) {
      expect(() => detect(new Uint8Array(0), name)).toThrow(refusal('empty'));
      expect(() => detect(' \n\t\r\n ', name)).toThrow(refusal('empty'));
    }
  });

  it('tells OLE compound files apart by what stands at their root', () => {
    for (const name of ['EncryptedPackage', 'EncryptionInfo']) {
      expect(() => detect(makeCompoundFile(['\x06DataSpaces', name]), 'a.docx')).toThrow(
        refusal('encrypted'),
      );
    }
    expect(detect(makeCompoundFile(['__nameid_version1.0', '__properties_version1.0']))).toBe(
      'application/vnd.ms-outlook',
    );
    for (const [stream, target] of [
      ['WordDocument', 'DOCX'],
      ['Workbook', 'XLSX'],
      ['PowerPoint Document', 'PPTX'],
    ] as const) {
      const legacy = makeCompoundFile(['\x05SummaryInformation', stream, 'Data']);
      expect(() => detect(legacy)).toThrow(refusal('unsupported_type'));
      expect(() => detect(legacy)).toThrow(`save it as ${target}`);
    }
    expect(() =>
      detect(Buffer.concat([makeCompoundFile([]).subarray(0, 8), Buffer.alloc(600, 0xff)])),
    ).toThrow(refusal('unsupported_type'));
  });

  it.each([
    [
      'a binary Excel workbook (XLSB)',
      makeZip([
        { name: '[Content_Types].xml', content: '' },
        { name: 'xl/workbook.bin', content: '' },
      ]),
    ],
    ['a ZIP archive', makeZip([{ name: 'a.txt', content: 'x' }])],
    ['an mbox archive', Buffer.from('From a@example.com Mon Jan  1 00:00:00 2024\n')],
    ['a PNG image', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['a gzip archive', Buffer.from('\x1f\x8b\x08', 'latin1')],
  ])('names %s in its refusal', (name, content) => {
    expect(() => detect(content)).toThrow(refusal('unsupported_type'));
    expect(() => detect(content)).toThrow(name);
  });

  it('knows mails by their header lines, and Markdown and prose that start alike by the lack of them', () => {
    const mail =
      'Received: from a by b;\r\n\tMon, 1 Jan 2024\r\nFrom: a@example.com\r\nSubject: x\r\n\r\nhello';
    expect(detect(mail)).toBe('message/rfc822');
    expect(detect(Buffer.from(mail), 'a.txt', 'text/plain')).toBe('message/rfc822');
    expect(detect('From: a@example.com\n\nhello', 'a.eml')).toBe('message/rfc822');
    expect(detect('From: the start\nTo: the end\n\nwords', 'a.txt')).toBe('text/plain');
    expect(detect(Buffer.from('From the start, words.'), 'a.txt')).toBe('text/plain');
  });

  it('knows Office, OpenDocument, e-books and RTF by what they hold', () => {
    const openDocument = 'application/vnd.oasis.opendocument';
    const packaged = (folder: string) =>
      makeZip([
        { name: '[Content_Types].xml', content: '' },
        { name: `${folder}/a.xml`, content: '' },
      ]);
    expect(detect(packaged('xl'), 'a.docx')).toMatch(/spreadsheetml/);
    expect(detect(packaged('ppt'))).toMatch(/presentationml/);
    expect(detect(makeZip([{ name: 'META-INF/container.xml', content: '' }]))).toBe('application/epub+zip');
    expect(detect(Buffer.from('{\\rtf1 text}'), 'a.doc')).toBe('application/rtf');
    for (const kind of ['text', 'spreadsheet', 'presentation']) {
      const archive = makeZip([{ name: 'mimetype', content: `${openDocument}.${kind}`, stored: true }]);
      expect(detect(archive)).toBe(`${openDocument}.${kind}`);
    }
  });

  it('refuses a DOCX that is an archive of something else', () => {
    expect(() => detect(makeZip([{ name: 'word.txt', content: 'x' }]), 'a.docx')).toThrow(
      refusal('unsupported_type'),
    );
    expect(() => detect(makeZip([{ name: 'inner.zip', content: 'x' }]), 'a.docx')).toThrow(
      refusal('too_large'),
    );
  });

  it('goes by the look of text, whatever it is called', () => {
    expect(detect('\ufeff<!DOCTYPE html>\n<p>x', 'a.txt')).toBe('text/html');
    expect(detect('<?xml version="1.0"?>\n<!-- x --><html lang="en"><body>', 'a')).toBe('text/html');
    expect(detect('{"a": 1}', 'a.txt')).toBe('application/json');
    expect(detect('[1, 2]', 'a.md')).toBe('application/json');
    expect(detect('{"a":1}\n{"a":2}\n', 'a.txt')).toBe('application/x-ndjson');
    expect(detect('# Title\n\nSome **bold** words', 'a')).toBe('text/markdown');
    expect(detect('a;b;c\n1;2;3\n4;5;6\n', 'a.txt')).toBe('text/csv');
    expect(detect('a\tb\n1\t2\n4\t5\n', 'a')).toBe('text/tab-separated-values');
  });

  it('does not see data or markup in prose and code', () => {
    expect(detect('Well, yes, no\nOh, my, god\nOne, two, three\n', 'a.txt')).toBe('text/plain');
    expect(detect('# a comment\nprint(1)\n', 'a.py')).toBe('text/plain');
    expect(detect('[link](x) and { braces }', 'a.txt')).toBe('text/plain');
    expect(detect('a < b and <html>', 'a.txt')).toBe('text/plain');
  });

  it('goes by claim and extension where the look says nothing', () => {
    expect(detect('words', 'a.md')).toBe('text/markdown');
    expect(detect('words', 'a', 'text/markdown; charset=utf-8')).toBe('text/markdown');
    expect(detect('words', 'https://example.com/a.md?raw=1#x', 'text/plain')).toBe('text/markdown');
    expect(detect('<p>fragment</p>', 'a.html')).toBe('text/html');
    expect(detect('<p>fragment</p>', 'a.txt')).toBe('text/plain');
    expect(detect('a,b', 'a.csv')).toBe('text/csv');
    expect(detect('not json', 'a.json')).toBe('application/json');
    expect(detect('words', 'a.unknown', 'application/x-unknown')).toBe('text/plain');
  });

  it('decodes by the charset that a page or its server declares', () => {
    const page = Buffer.concat([
      Buffer.from('<html><meta charset="shift_jis"><p>'),
      Buffer.from([0x96, 0xbc, 0x91, 0x4f]),
    ]);
    expect(detectMediaType(page, { name: 'a' })).toMatchObject({ text: expect.stringContaining('名前') });
  });
});
