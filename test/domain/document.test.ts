import { describe, expect, it } from 'vitest';
import {
  checkDocument,
  checkDocumentId,
  checkMetadata,
  contentHash,
  type Metadata,
} from '../../domain/document.ts';
import { InvalidInput } from '../../domain/errors.ts';

const document = { documentId: 'a', source: 'docs' };

describe('checkDocument', () => {
  it('accepts a document with everything at its limits', () => {
    checkDocument(document);
    checkDocument({
      documentId: '😀'.repeat(128),
      source: 's'.repeat(256),
      title: 't'.repeat(2_048),
      uri: 'u'.repeat(2_048),
      mediaType: 'text/plain',
      version: 10n ** 80n - 1n,
      metadata: Object.fromEntries(
        Array.from({ length: 50 }, (_, at) => [`${'k'.repeat(98)}${at + 10}`, 'v'.repeat(2_048)]),
      ),
      access: { allow: [], deny: ['user:a'] },
    });
  });

  it.each([
    ['an empty documentId', { documentId: '' }, 'documentId'],
    ['a documentId above 512 bytes', { documentId: 'é'.repeat(257) }, 'documentId'],
    ['a documentId with a lone surrogate', { documentId: 'a\ud800' }, 'documentId'],
    ['an empty source', { source: '' }, 'source'],
    ['a source above 256 bytes', { source: 's'.repeat(257) }, 'source'],
    ['a title above 2,048 bytes', { title: 'é'.repeat(1_025) }, 'title'],
    ['a uri above 2,048 bytes', { uri: 'u'.repeat(2_049) }, 'uri'],
    ['a negative version', { version: -1n }, 'version'],
    ['a version above 80 digits', { version: 10n ** 80n }, 'version'],
    ['metadata that are wrong', { metadata: { k: Number.NaN } }, 'metadata.k'],
    ['an access list that is wrong', { access: { allow: [''] } }, 'access.allow'],
  ])('refuses %s and names the field', (_, parts, field) => {
    expect(() => checkDocument({ ...document, ...parts })).toThrow(
      expect.objectContaining({ name: 'InvalidInput', field }),
    );
  });
});

describe('checkDocumentId', () => {
  it('returns the id, whatever characters it has', () => {
    for (const id of ['a/b c', '\0', '../x', 'é', 'x'.repeat(512)]) expect(checkDocumentId(id)).toBe(id);
  });

  it('refuses what is no string', () => {
    for (const id of [1, null, undefined, {}, ['a']]) expect(() => checkDocumentId(id)).toThrow(InvalidInput);
  });
});

describe('checkMetadata', () => {
  it('accepts strings, finite numbers, booleans and lists of strings', () => {
    const metadata: Metadata = {
      text: '',
      number: -0,
      flag: false,
      none: [],
      list: Array(100).fill('x'.repeat(2_048)),
    };
    expect(checkMetadata(metadata)).toBe(metadata);
  });

  it.each<[string, unknown]>([
    ['a list', []],
    ['null', null],
    ['a text', 'k'],
    ['51 keys', Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, 1]))],
    ['an empty key', { '': 1 }],
    ['a key above 100 bytes', { ['é'.repeat(51)]: 1 }],
    ['a key with a lone surrogate', { '\udfff': 1 }],
    ['null as a value', { k: null }],
    ['an object as a value', { k: {} }],
    ['infinity', { k: Number.NEGATIVE_INFINITY }],
    ['a text above 2,048 bytes', { k: 'é'.repeat(1_025) }],
    ['a text with a lone surrogate', { k: '\ud83d' }],
    ['a list of 101', { k: Array(101).fill('a') }],
    ['a list with a number', { k: ['a', 1] }],
    ['a list in a list', { k: [['a']] }],
    ['a bigint', { k: 1n }],
  ])('refuses %s', (_, metadata) => {
    expect(() => checkMetadata(metadata as Metadata)).toThrow(InvalidInput);
  });

  it('names the key that is wrong', () => {
    expect(() => checkMetadata({ fine: 1, wrong: ['a', 'x'.repeat(2_049)] })).toThrow(/metadata\.wrong\[1\]/);
  });
});

describe('contentHash', () => {
  it('is the SHA-256 of the bytes, of a text those of its UTF-8', () => {
    expect(contentHash('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(contentHash('é')).toBe(contentHash(Uint8Array.of(0xc3, 0xa9)));
    expect(contentHash('é')).not.toBe(contentHash('e\u0301'));
  });
});
