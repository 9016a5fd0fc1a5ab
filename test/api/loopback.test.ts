import { describe, expect, it } from 'vitest';
import { hostOf, isLoopback } from '../../api/loopback.ts';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.255.3.4', '::1', '[::1]', '0:0:0:0:0:0:0:1', 'localhost', 'LocalHost'])(
    'takes %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  it.each([
    ...['0.0.0.0', '::', '10.0.0.1', '192.168.1.2', '128.0.0.1', 'example.org', '', '127.0.0.1.example.org'],
    ...['localhost.example.org', '127.1', '2130706433', '0x7f.0.0.1', '::2', '169.254.169.254'],
  ])('refuses %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('hostOf', () => {
  it('takes the port off', () => {
    expect(hostOf('localhost:8080')).toBe('localhost');
    expect(hostOf('[::1]:8080')).toBe('[::1]');
    expect(hostOf('127.0.0.1')).toBe('127.0.0.1');
  });

  it('finds no host in what is none', () => {
    expect(hostOf('')).toBeUndefined();
    expect(hostOf('localhost:8080@evil')).toBeUndefined();
    expect(hostOf(':8080')).toBeUndefined();
  });
});
