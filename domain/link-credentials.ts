/**
 * Parameters whose value lets whoever has it in, in small letters without the signs between them: `x-amz-signature`,
 * `apiKey` and `access_token` are `xamzsignature`, `apikey` and `accesstoken`.
 */
const credentials: ReadonlySet<string> = new Set([
  // Presigned addresses of S3 (both versions of the signature), CloudFront, Google Cloud Storage, OSS and Azure.
  ...['xamzsignature', 'xamzcredential', 'xamzsecuritytoken', 'awsaccesskeyid', 'signature', 'keypairid'],
  ...['xgoogsignature', 'xgoogcredential', 'googleaccessid'],
  ...['xosssignature', 'xosscredential', 'xosssecuritytoken', 'ossaccesskeyid', 'sig'],
  // OAuth and OpenID Connect.
  ...['accesstoken', 'refreshtoken', 'idtoken', 'idtokenhint', 'code', 'clientsecret', 'clientassertion'],
  // Keys of interfaces, and links of mails that sign their reader in.
  ...['token', 'authtoken', 'sessiontoken', 'securitytoken', 'privatetoken', 'feedtoken', 'jwt', 'bearer'],
  ...['resettoken', 'resetpasswordtoken', 'confirmationtoken', 'invitationtoken', 'samlresponse'],
  ...['apikey', 'xapikey', 'apitoken', 'authkey', 'accesskey', 'secretkey', 'subscriptionkey'],
  ...['authorization', 'secret', 'password', 'passwd', 'pwd', 'sessionid', 'jsessionid', 'phpsessid'],
]);
/** CloudFront's; in small letters it is more often an insurer's. */
const policy = 'Policy';

/** Of addresses inside the parameters of addresses; what stands deeper is left out. */
const maxDepth = 5;

/**
 * An address without name, password and the parameters of query and fragment that are credentials; all else stays byte
 * for byte. Addresses that are parameters of an address are read too.
 */
export function withoutCredentials(address: string): string {
  return clean(address, 0);
}

function clean(address: string, depth: number): string {
  const [, place = '', query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(address)!;
  const kept = [place.replace(/^([a-z][a-z\d+.-]*:)?(\/\/)[^/\\?#]+@/i, '$1$2')];
  if (query !== undefined) kept.push(...parameters('?', query, depth));
  // Pages that are programs have routes there, with a query of their own.
  if (fragment !== undefined && /^[^=?]*\?/.test(fragment)) kept.push('#', clean(fragment, depth));
  else if (fragment !== undefined) kept.push(...parameters('#', fragment, depth));
  return kept.join('');
}

function parameters(mark: string, text: string, depth: number): string[] {
  const given = text.split('&');
  const kept = given.map((one) => parameter(one, depth)).filter((one) => one !== undefined);
  return kept.length === 0 ? [] : [mark, kept.join('&')];
}

/** One parameter, or several in the old way of parting them by `;`; undefined where nothing of it may stay. */
function parameter(given: string, depth: number): string | undefined {
  const parts = given.split(';');
  const secret = parts.findIndex(
    (part) => part.includes('=') && isCredential(part.slice(0, part.indexOf('='))),
  );
  if (secret === 0) return undefined;
  const kept = secret === -1 ? given : parts.slice(0, secret).join(';');
  const value = kept.slice(kept.indexOf('=') + 1);
  const inner = decoded(value);
  if (!/[?#]|\/\/[^/]+@/.test(inner)) return kept;
  const cleaned = depth === maxDepth ? '' : clean(inner, depth + 1);
  return cleaned === inner ? kept : kept.slice(0, kept.length - value.length) + encodeURIComponent(cleaned);
}

function isCredential(name: string): boolean {
  const written = decoded(name);
  return written === policy || credentials.has(written.toLowerCase().replace(/[-_.[\]]/g, ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded: as it stands.
    return text;
  }
}
