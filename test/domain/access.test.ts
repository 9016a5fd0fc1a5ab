import { describe, expect, it } from 'vitest';
import { type Access, checkAccess, mayRead } from '../../domain/access.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { createScopeMaker } from '../../identity/scope.ts';

const scopes = createScopeMaker({ accessRequired: (tenantId) => tenantId === 'strict' });

describe('mayRead', () => {
  it.each<[string, string[], Access | undefined, boolean, boolean]>([
    // name, principals, access, where lists are optional, where they are required
    ['no list', ['user:a'], undefined, true, false],
    ['an empty access', ['user:a'], {}, true, false],
    ['an empty access and no principals', [], {}, true, false],
    ['allow of no one', ['user:a'], { allow: [] }, false, false],
    ['allow of the reader', ['user:a'], { allow: ['user:a'] }, true, true],
    [
      'allow of one of the reader’s groups',
      ['user:a', 'group:g'],
      { allow: ['group:x', 'group:g'] },
      true,
      true,
    ],
    ['allow of another', ['user:a'], { allow: ['user:b'] }, false, false],
    ['allow and no principals', [], { allow: ['user:a'] }, false, false],
    ['deny of the reader', ['user:a'], { deny: ['user:a'] }, false, false],
    ['deny of another', ['user:a'], { deny: ['user:b'] }, true, false],
    ['allow and deny of the reader', ['user:a'], { allow: ['user:a'], deny: ['user:a'] }, false, false],
    [
      'allow of the reader, deny of a group',
      ['user:a', 'group:g'],
      { allow: ['user:a'], deny: ['group:g'] },
      false,
      false,
    ],
    ['allow of a longer name', ['user:a'], { allow: ['user:ab'] }, false, false],
    ['allow of a shorter name', ['user:ab'], { allow: ['user:a'] }, false, false],
    ['allow in another case', ['user:a'], { allow: ['user:A'] }, false, false],
    ['allow of a composed name', ['user:e\u0301'], { allow: ['user:é'] }, false, false],
  ])('given %s', (_, principals, access, whereOptional, whereRequired) => {
    expect(mayRead(scopes.reader('default', principals), access)).toBe(whereOptional);
    expect(mayRead(scopes.reader('strict', principals), access)).toBe(whereRequired);
    expect(mayRead(scopes.operator('default'), access)).toBe(true);
    expect(mayRead(scopes.operator('strict'), access)).toBe(true);
  });
});

describe('checkAccess', () => {
  it('accepts lists of principals, empty ones too', () => {
    for (const access of [{}, { allow: [] }, { deny: ['user:a'] }, { allow: ['x'.repeat(512)], deny: [] }]) {
      expect(checkAccess(access)).toBe(access);
    }
  });

  it.each<[string, unknown, string]>([
    ['a list', [], 'access'],
    ['null', null, 'access'],
    ['an unknown field', { allowed: [] }, 'access.allowed'],
    ['allow without a list', { allow: 'user:a' }, 'access.allow'],
    ['allow that is null', { allow: null }, 'access.allow'],
    ['an empty principal', { allow: [''] }, 'access.allow'],
    ['a principal that is a number', { deny: [1] }, 'access.deny'],
    ['a principal above 512 bytes', { deny: ['é'.repeat(257)] }, 'access.deny'],
    ['a principal with a lone surrogate', { deny: ['user:\ud800'] }, 'access.deny'],
    ['10,001 principals', { allow: Array(10_001).fill('user:a') }, 'access.allow'],
  ])('refuses %s and names the field', (_, access, field) => {
    expect(() => checkAccess(access as Access)).toThrow(InvalidInput);
    expect(() => checkAccess(access as Access)).toThrow(expect.objectContaining({ field }));
  });
});
