import type { Range } from './matches-from.ts';

/** Kinds of data that can be told by their form; the values are stable. */
export type SensitiveType =
  | 'email'
  | 'phone'
  | 'card'
  | 'iban'
  | 'ip_address'
  | 'us_ssn'
  | 'aws_access_key'
  | 'aws_secret_key';

interface Detector {
  readonly type: SensitiveType;
  readonly pattern: RegExp;
  /** Whether what has the form is what it looks like: check digits, ranges. */
  readonly holds: (text: string) => boolean;
  /** Groups that stand behind it may belong to something else: then its first groups are looked at alone. */
  readonly hasGroups?: true;
}

const always = (): boolean => true;

/** The surer forms first: where two overlap, the first one names the match. */
const detectors: readonly Detector[] = [
  {
    type: 'email',
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_%+-][\p{L}\p{N}._%+-]{0,63}@(?:[\p{L}\p{N}-]{1,63}\.){1,4}\p{L}{2,24}(?![\p{L}\p{N}-])/gu,
    holds: always,
  },
  // AKIA… of users, ASIA… of sessions, and the other prefixes of unique ids.
  {
    type: 'aws_access_key',
    pattern: /(?<![A-Za-z0-9])A(?:KI|SI|GP|ID|RO|IP|NP|NV|3T)A[A-Z2-7]{16}(?![A-Za-z0-9])/g,
    holds: always,
  },
  {
    type: 'aws_secret_key',
    pattern: /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    holds: isSecretLike,
  },
  {
    type: 'iban',
    pattern:
      /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])/g,
    holds: isIban,
    hasGroups: true,
  },
  { type: 'card', pattern: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?!\d|[.-]\d)/g, holds: isCard, hasGroups: true },
  {
    type: 'us_ssn',
    pattern: /(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/g,
    holds: always,
  },
  {
    type: 'ip_address',
    pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)/g,
    holds: always,
  },
  {
    type: 'ip_address',
    pattern: /(?<![\p{L}\p{N}:])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}(?![\p{L}\p{N}:])/giu,
    holds: isIpv6,
  },
  // With a country's code, or as North American numbers are written: other digits are too often something else.
  {
    type: 'phone',
    pattern: /(?<![\p{L}\p{N}+])(?:\+|(?<!\d[ -])00)[1-9](?:[ .\-/()]{0,2}\d){6,14}(?![\p{L}\p{N}])/gu,
    holds: isPhone,
  },
  {
    type: 'phone',
    pattern:
      /(?<![\p{L}\p{N}+.-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\p{L}\p{N}]|[.-]\d)/gu,
    holds: always,
  },
];

/** Where data of the wanted kinds stands in a folded text; may overlap, the surer kind first. Linear in the text. */
export function findSensitive(
  plain: string,
  wanted: ReadonlySet<SensitiveType>,
  from = 0,
): { readonly type: SensitiveType; readonly range: Range }[] {
  return detectors
    .filter(({ type }) => wanted.has(type))
    .flatMap((detector) => findWith(detector, plain, from).map((range) => ({ type: detector.type, range })));
}

/** What only looks like a match hides none that begins within it. */
function findWith({ pattern, holds, hasGroups }: Detector, text: string, from: number): Range[] {
  const found: Range[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const length = heldLength(match[0], holds, hasGroups === true);
    if (length > 0) found.push([match.index, match.index + length]);
    pattern.lastIndex = match.index + Math.max(length, 1);
  }
  return found;
}

/** The longest run of a match's first groups that holds; 0 where none does. */
function heldLength(match: string, holds: (text: string) => boolean, hasGroups: boolean): number {
  let length = match.length;
  while (length > 0 && !holds(match.slice(0, length))) {
    length = hasGroups
      ? Math.max(match.lastIndexOf(' ', length - 1), match.lastIndexOf('-', length - 1), 0)
      : 0;
  }
  return length;
}

/** How the numbers of the large issuers begin, and how many digits they have. */
const cardForms = [
  /^4\d{12}(?:\d{3}|\d{6})?$/,
  /^(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}$/,
  /^3[47]\d{13}$/,
  /^3(?:0[0-5]|[689]\d)\d{11}(?:\d{0,5})$/,
  /^(?:6011|64[4-9]\d|65\d{2}|62\d{2}|35(?:2[89]|[3-8]\d))\d{12,15}$/,
  /^(?:50|5[6-9]|6\d)\d{11,17}$/,
];

/** Digits in an issuer's form that pass Luhn's check (ISO/IEC 7812). */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (!cardForms.some((form) => form.test(digits))) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** 15 to 34 characters whose remainder of 97 is 1 (ISO 13616). */
function isIban(text: string): boolean {
  const plain = text.replace(/[ -]/g, '').toUpperCase();
  if (plain.length < 15 || plain.length > 34) return false;
  let remainder = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** 40 characters of base64 with capitals, small letters and digits: hashes in hexadecimal and words have not all. */
function isSecretLike(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text) && new Set(text).size >= 16;
}

function isIpv6(text: string): boolean {
  const compressed = text.split('::').length - 1;
  const groups = text.split(':').filter((group) => group !== '').length;
  return compressed <= 1 && (compressed === 1 ? groups < 8 : groups === 8);
}

function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, '').replace(/^00/, '');
  return digits.length >= 8 && digits.length <= 15;
}
