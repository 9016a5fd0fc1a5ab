import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createTerminal, toJson } from '../../cli/terminal.ts';

/** A stream that fails each write as a closed pipe does. */
class FailingStream extends Writable {
  readonly code: string;

  constructor(code: string) {
    super();
    this.code = code;
  }

  override _write(_chunk: Buffer, _encoding: string, done: (error: Error) => void): void {
    done(Object.assign(new Error('write failed'), { code: this.code }));
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('createTerminal', () => {
  it('outlives a reader that has left', async () => {
    const stdout = new FailingStream('EPIPE');
    const terminal = createTerminal(
      { stdout, stderr: new FailingStream('EPIPE') },
      { json: true, verbose: true },
    );
    terminal.result({ a: 1 }, []);
    terminal.note('b');
    await settled();
    terminal.detail('c');
    await settled();
    expect(stdout.errored).toMatchObject({ code: 'EPIPE' });
  });
});

describe('toJson', () => {
  it('writes versions as decimal strings', () => {
    expect(JSON.parse(toJson({ version: 2n ** 80n }))).toEqual({ version: '1208925819614629174706176' });
  });
});
