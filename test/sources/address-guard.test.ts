import { describe, expect, it } from 'vitest';
import { DocumentRefused } from '../../domain/errors.ts';
import { checkAddress, guardLookup, isPublicAddress } from '../../sources/address-guard.ts';
import { loopbackSpellings } from './loopback-spellings.ts';

const forbiddenByRange: Record<string, readonly string[]> = {
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  broadcast: ['255.255.255.255'],
  multicast: ['224.0.0.1', 'ff02::1'],
  linkLocal: ['169.254.169.254', 'fe80::1'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  carrierGradeNat: ['100.64.0.1'],
  private: ['10.0.0.1', '172.16.0.1', '192.168.1.1'],
  reserved: ['192.0.2.1', '240.0.0.1', '2001:db8::1'],
  benchmarking: ['198.18.0.1'],
  uniqueLocal: ['fc00::1', 'fd00:ec2::254'],
  ipv4Mapped: ['::ffff:8.8.8.8', '::ffff:169.254.169.254'],
  rfc6145: ['::ffff:0:8.8.8.8'],
  rfc6052: ['64:ff9b::7f00:1'],
  '6to4': ['2002:7f00:1::'],
  teredo: ['2001::1'],
};

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '172.32.0.1',
  '100.128.0.1',
  '223.255.255.254',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
];

describe('isPublicAddress', () => {
  it.each(Object.entries(forbiddenByRange))('refuses the range %s', (_range, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  it.each(publicAddresses)('allows the public address %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it('refuses what is no address', () => {
    expect(isPublicAddress('example.com')).toBe(false);
    expect(isPublicAddress('')).toBe(false);
  });
});

describe('checkAddress', () => {
  it.each(loopbackSpellings)('refuses loopback written as %s', (host) => {
    expect(() => checkAddress(new URL(`http://${host}/`), isPublicAddress)).toThrow(DocumentRefused);
  });

  it.each(['file:///etc/passwd', 'ftp://1.1.1.1/', 'gopher://1.1.1.1/', 'data:text/plain,x', 'javascript:1'])(
    'refuses the scheme of %s',
    (address) => {
      expect(() => checkAddress(new URL(address), isPublicAddress)).toThrow(/expected http or https/);
    },
  );

  it('refuses user and password and does not repeat them', () => {
    const check = (): void => checkAddress(new URL('https://someone:hunter2@example.com/a'), isPublicAddress);
    expect(check).toThrow(/without user and password/);
    expect(check).not.toThrow(/hunter2|someone/);
  });

  it('lets public literals and host names pass', () => {
    for (const host of [...publicAddresses.map((a) => (a.includes(':') ? `[${a}]` : a)), 'example.com']) {
      expect(() => checkAddress(new URL(`https://${host}/`), isPublicAddress)).not.toThrow();
    }
  });
});

describe('guardLookup', () => {
  const answering = (...addresses: string[]) =>
    guardLookup(async () => addresses.map((address) => ({ address, family: 4 })), isPublicAddress);

  it('passes on names whose addresses are all public', async () => {
    expect(await answering('1.1.1.1', '8.8.8.8')('example.com')).toHaveLength(2);
  });

  it('refuses a name with one private address among public ones', async () => {
    await expect(answering('1.1.1.1', '8.8.8.8', '10.0.0.7')('example.com')).rejects.toMatchObject({
      reason: 'forbidden_address',
    });
  });
});
