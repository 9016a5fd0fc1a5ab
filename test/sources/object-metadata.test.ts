import { describe, expect, it } from 'vitest';
import { parseObjectMetadata } from '../../sources/object-metadata.ts';

const parse = (value: unknown) => parseObjectMetadata(JSON.stringify(value));

describe('parseObjectMetadata', () => {
  it('reads plain values', () => {
    const metadataAttributes = { lang: 'en', year: 2026, draft: false, tags: ['a', 'b'] };
    expect(parse({ metadataAttributes })).toEqual({ metadata: metadataAttributes });
  });

  it('reads typed values', () => {
    const typed = (value: object) => ({ value, includeForEmbedding: true });
    const metadataAttributes = {
      lang: typed({ type: 'STRING', stringValue: 'en' }),
      year: typed({ type: 'NUMBER', numberValue: 2026 }),
      draft: typed({ type: 'BOOLEAN', booleanValue: false }),
      tags: typed({ type: 'STRING_LIST', stringListValue: ['a', 'b'] }),
    };
    expect(parse({ metadataAttributes })).toEqual({
      metadata: { lang: 'en', year: 2026, draft: false, tags: ['a', 'b'] },
    });
  });

  it('reads who may read, in either spelling', () => {
    const accessControlList = [
      { name: 'ada@example.com', type: 'USER', access: 'ALLOW' },
      { Name: 'staff', Type: 'GROUP', Access: 'ALLOW' },
      { Name: 'eve', Type: 'USER', Access: 'DENY' },
    ];
    const access = { allow: ['user:ada@example.com', 'group:staff'], deny: ['user:eve'] };
    expect(parse({ accessControlList })).toEqual({ metadata: {}, access });
    expect(parse({ metadataAttributes: {}, AccessControlList: accessControlList }).access).toEqual(access);
  });

  it('lets nobody in where a list allows nobody', () => {
    expect(parse({ accessControlList: [] }).access).toEqual({ allow: [] });
    const denial = { name: 'eve', type: 'USER', access: 'DENY' };
    expect(parse({ accessControlList: [denial] }).access).toEqual({ allow: [], deny: ['user:eve'] });
  });

  it.each([
    ['[]', 'metadata file'],
    ['not json', 'metadata file'],
    ['{"metadataAttributes":[]}', 'metadataAttributes'],
    ['{"metadataAttributes":{"a":null}}', 'metadataAttributes.a'],
    ['{"metadataAttributes":{"a":[1]}}', 'metadataAttributes.a'],
    ['{"metadataAttributes":{"a":{"b":1}}}', 'metadataAttributes.a.value'],
    ['{"metadataAttributes":{"a":{"value":{"type":"DATE"}}}}', 'metadataAttributes.a.value.type'],
    [
      '{"metadataAttributes":{"a":{"value":{"type":"NUMBER","numberValue":"1"}}}}',
      'metadataAttributes.a.value.numberValue',
    ],
    ['{"acl":[]}', 'acl'],
    ['{"accessControlList":{}}', 'accessControlList'],
    ['{"accessControlList":[{"name":"a","type":"USER"}]}', 'accessControlList[0].access'],
    ['{"accessControlList":[{"name":"a","type":"user","access":"ALLOW"}]}', 'accessControlList[0].type'],
    ['{"accessControlList":[{"name":"","type":"USER","access":"ALLOW"}]}', 'accessControlList[0].name'],
  ])('refuses %s, naming %s', (text, field) => {
    expect(() => parseObjectMetadata(text)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field }),
    );
  });
});
