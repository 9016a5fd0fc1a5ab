/** Hosts of URLs that all reach this machine. */
export const loopbackSpellings = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '017700000001',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '①②⑦.⓪.⓪.①',
] as const;
