import { describe, expect, it } from 'vitest';
import { keptLinks, linkLimits, linkTarget, linkTargets, movedLinks } from '../../domain/links.ts';

describe('linkTarget', () => {
  it.each([
    ['https://example.com/a?b=c#d', undefined, 'https://example.com/a?b=c#d'],
    [' HTTPS://Example.com ', undefined, 'https://example.com/'],
    ['mailto:ann@example.com', undefined, 'mailto:ann@example.com'],
    ['../b.md', undefined, '../b.md'],
    ['../b.md', 'file:///docs/a.md', '../b.md'],
    ['../b.md', 'https://example.com/docs/a/', 'https://example.com/docs/b.md'],
    ['//cdn.example.com/x', 'https://example.com/', 'https://cdn.example.com/x'],
    ['?page=2', 'https://example.com/list', 'https://example.com/list?page=2'],
    ['https://ann:secret@example.com/?a=b', undefined, 'https://example.com/?a=b'],
    ['https:\\\\ann:se@cret@example.com/', undefined, 'https://example.com/'],
    ['ftp://ann:secret@example.com/a', undefined, 'ftp://example.com/a'],
    ['b.md?a=b&token=x#c', undefined, 'b.md?a=b#c'],
    ['b.md?token=x', 'https://ann:secret@example.com/a?token=y', 'https://example.com/b.md'],
    ['https://b.s3.amazonaws.com/k?X-Amz-Signature=x', undefined, 'https://b.s3.amazonaws.com/k'],
  ])('reads %j from %j as %j', (given, base, target) => {
    expect(linkTarget(given, base)).toBe(target);
    expect(linkTarget(target, base)).toBe(target);
  });

  it.each([
    '',
    '#top',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'vbscript:x',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'blob:https://example.com/1',
    '?token=x',
    'https://',
    'a b',
    'a\u202eb',
    '//example.com/',
    'x'.repeat(2_049),
  ])('drops %j', (given) => {
    expect(linkTarget(given)).toBeUndefined();
  });

  it('drops hostile schemes from pages of the web too', () => {
    for (const given of ['javascript:alert(1)', 'java\tscript:alert(1)', 'data:,x', 'file:///x']) {
      expect(linkTarget(given, 'https://example.com/')).toBeUndefined();
    }
  });
});

describe('linkTargets', () => {
  it('keeps each once, in order, within its limits', () => {
    expect(linkTargets(['b', 'a', 'b', '#x', 'javascript:x'])).toEqual(['b', 'a']);
    const many = linkTargets(Array.from({ length: 500 }, (_, at) => `page-${at}`));
    expect(many).toHaveLength(linkLimits.links);
    const long = linkTargets(Array.from({ length: 50 }, (_, at) => `${at}-`.padEnd(1_000, 'x')));
    expect(long).toHaveLength(8);
  });
});

describe('movedLinks', () => {
  it('reads what was relative under each next address, and loses nothing on the way', () => {
    const far = `https://example.com/${'far/'.repeat(500)}`;
    const written = ['b.md', 'https://example.org/'];
    const given = [
      undefined,
      'https://example.com/a/',
      far,
      'file:///a/',
      'https://example.com/c/',
      undefined,
    ];
    let kept = keptLinks(written, undefined);
    for (const uri of given) {
      kept = movedLinks(kept, uri);
      expect(kept).toEqual(keptLinks(written, uri));
      expect(kept.links).toEqual(linkTargets(written, uri));
    }
    expect(kept).toEqual({ links: written });
    expect(movedLinks(keptLinks(['b.md'], far + far), undefined)).toEqual({ links: ['b.md'] });
    expect(keptLinks([], 'https://example.com/')).toEqual({});
  });
});
