import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Tells whether a host, as a name or a literal address, is this machine's loopback: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost') return true;
  const family = isIP(name);
  return family !== 0 && loopback.check(name, family === 4 ? 'ipv4' : 'ipv6');
}

/** The host of a Host header, without its port; undefined where there is none in it. */
export function hostOf(header: string): string | undefined {
  return /^(\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/.exec(header.trim())?.[1] || undefined;
}
