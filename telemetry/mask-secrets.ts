const secretName =
  /(password|passphrase|secret|authorization|cookie|credentials?|token|(api|access|private|signing)[-_]?key)$/i;
const credentialsInAddress = /(\/\/)[^/\s:@]*:[^/\s@]+@/g;
/** API keys keep their id, which is no secret; JWTs keep nothing, nor do the key ids of AWS. */
const apiKey = /\b(braid_[a-z0-9]{16}_)[\w-]{20,}/g;
const token = /\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)?/g;
const awsKeyId = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g;
/** What signs an address, and what a header of authorization carries. */
const signedAddress =
  /([?&](?:X-Amz-(?:Signature|Credential|Security-Token)|sig|[\w-]*(?:token|secret|password|signature|api[-_]?key))=)[^&\s"'<>]+/gi;
const authorization = /\b(Bearer|Basic) +(?!braid_)[\w.~+/=-]{8,}/gi;
const maxDepth = 6;

/**
 * Copies log data with the value of every field that is named like a secret replaced by `***`, at any depth, and with
 * user and password taken out of addresses. Errors are left to the logger's own serializer.
 */
export function maskSecrets(data: object): Record<string, unknown> {
  return maskFields(data, 0);
}

/** Takes user and password out of every address in a text, and everything that has the form of a credential. */
export function maskText(text: string): string {
  return text
    .replace(credentialsInAddress, '$1***@')
    .replace(apiKey, '$1***')
    .replace(token, '***')
    .replace(awsKeyId, '***')
    .replace(signedAddress, '$1***')
    .replace(authorization, '$1 ***');
}

function maskFields(data: object, depth: number): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(data)) {
    const isSecret = secretName.test(name) && value !== undefined && typeof value !== 'number';
    masked[name] = isSecret ? '***' : maskValue(value, depth + 1);
  }
  return masked;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  // JSON has no form for it, and a log line must never throw.
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth >= maxDepth) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1));
  if (value instanceof Date) return value.toISOString();
  return maskFields(value, depth);
}
