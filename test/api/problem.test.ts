import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problemKinds, problemOf } from '../../api/problem.ts';
import {
  BraidError,
  CursorExpired,
  DocumentRefused,
  EngineMismatch,
  EngineUnavailable,
  InvalidConfiguration,
  InvalidInput,
  ModelUnavailable,
  NotFound,
  Overloaded,
  RevisionConflict,
  SourceConflict,
  VersionMismatch,
} from '../../domain/errors.ts';

describe('problemOf', () => {
  it.each([
    [new InvalidInput('dense.weight', 'm'), 400, { field: 'dense.weight' }],
    [new NotFound('m'), 404, {}],
    [new SourceConflict('m', 'docs'), 409, { owner: 'docs' }],
    [new RevisionConflict('m'), 409, {}],
    [new CursorExpired('m'), 410, {}],
    [new VersionMismatch('m', 12n), 412, { stored: '12' }],
    [new VersionMismatch('m', undefined), 412, { stored: null }],
    [new DocumentRefused('encrypted', 'm'), 422, { reason: 'encrypted' }],
    [new EngineMismatch('m'), 500, {}],
    [new Overloaded('m', 7), 503, {}],
    [new EngineUnavailable('m'), 503, {}],
    [new ModelUnavailable('m'), 503, {}],
    [new BraidError('deadline_exceeded', 'm'), 504, {}],
  ])('tells %s as status %i', (error, status, extension) => {
    const problem = problemOf(error, 'r1');
    expect(problem.body).toEqual({
      type: `urn:braid:problem:${error.code}`,
      title: problemKinds[error.code]?.title,
      status,
      detail: 'm',
      requestId: 'r1',
      ...extension,
    });
    expect(problem.status).toBe(status);
  });

  it('says when to try again, and only where that can help', () => {
    expect(problemOf(new Overloaded('m', 1.2)).headers).toEqual({ 'Retry-After': '2' });
    expect(problemOf(new EngineUnavailable('m')).headers).toEqual({ 'Retry-After': '5' });
    expect(problemOf(new ModelUnavailable('m')).headers).toEqual({ 'Retry-After': '5' });
    expect(problemOf(new NotFound('m')).headers).toEqual({});
  });

  it.each([
    new Error('secret of the inside'),
    new InvalidConfiguration('opensearch.password', 'secret of the inside'),
    new BraidError('made_up', 'secret of the inside'),
    'secret of the inside',
    undefined,
  ])('tells nothing of the inside of %s', (error) => {
    const problem = problemOf(error, 'r1');
    expect(problem.body).toMatchObject({ type: 'urn:braid:problem:internal_error', status: 500 });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});

describe('problemKinds', () => {
  it('stand in the guide, each with its status', () => {
    const guide = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    const rows = [...guide.matchAll(/^\| (`[a-z_`, ]+) \| (\d{3}) \|/gm)];
    const told = rows.flatMap(([, codes, status]) =>
      [...codes!.matchAll(/`(\w+)`/g)].map(([, code]): [string, number] => [code!, Number(status)]),
    );
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(problemKinds).map(([code, { status }]) => [code, status])),
    );
  });
});
