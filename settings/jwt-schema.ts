import { z } from 'zod';
import { isText, setting, text, wholeNumber } from './setting-forms.ts';

const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const claimName = text('the name of a claim');

/** Which tokens are taken. */
export const jwtSchema = z.strictObject({
  jwksUri: setting<string>('an https:// address, or http:// on loopback', isKeysAddress).exactOptional(),
  jwksFile: text('the path of a JSON Web Key Set').exactOptional(),
  issuer: text('the iss of the tokens'),
  audience: text('the aud of the tokens'),
  algorithms: setting<string[]>(
    `a list of ${asymmetricAlgorithms.join(', ')}`,
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((name) => asymmetricAlgorithms.includes(name)),
  ).default(['RS256']),
  clockToleranceSeconds: wholeNumber(0, 300).default(30),
  claims: z
    .strictObject({
      tenant: claimName.default('tenant'),
      principals: z
        .array(z.strictObject({ claim: claimName, prefix: setting<string>('a text', isText).default('') }))
        .default([{ claim: 'sub', prefix: 'user:' }]),
      roles: claimName.default('roles'),
    })
    .prefault({}),
});

/** Keys that come over plain HTTP from elsewhere could be anyone's. */
function isKeysAddress(value: unknown): boolean {
  const address = typeof value === 'string' ? URL.parse(value) : null;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(address?.hostname ?? '');
  return address?.protocol === 'https:' || (address?.protocol === 'http:' && isLocal);
}
