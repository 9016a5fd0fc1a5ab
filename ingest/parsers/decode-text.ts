import { DocumentRefused } from '../../domain/errors.ts';

const sampleBytes = 65_536;
/** Text has hardly any control characters; compiled, packed or pictured data has them everywhere. */
const maxControlShare = 0.02;

/**
 * Decodes text of unknown encoding: by its byte order mark, as UTF-8, as UTF-16 by its pattern of zero bytes, by the
 * declared charset, as damaged UTF-8 where most of it is sound, or as windows-1252 or Shift JIS where that reads like
 * text.
 *
 * @param declaredCharset a WHATWG encoding label, from a Content-Type or a `<meta>`
 * @throws {DocumentRefused} `unsupported_type` when it is no text, `corrupt` when no encoding fits
 */
export function decodeText(bytes: Uint8Array, declaredCharset?: string): string {
  const marked = byteOrderMark(bytes) ?? zeroBytePattern(bytes);
  if (marked !== undefined) {
    const text = tryDecode(bytes, marked);
    if (text === undefined) throw new DocumentRefused('corrupt', `Cannot read the text as ${marked}`);
    return text;
  }
  const controls = controlShare(bytes);
  if (controls > maxControlShare) {
    throw new DocumentRefused(
      'unsupported_type',
      'Cannot parse the document: its content is neither text nor a format that can be read',
    );
  }
  const text =
    tryDecode(bytes, 'utf-8') ??
    (declaredCharset === undefined ? undefined : tryDecode(bytes, declaredCharset)) ??
    damagedUtf8(bytes) ??
    windows1252(bytes) ??
    shiftJis(bytes);
  if (text === undefined) {
    throw new DocumentRefused(
      'corrupt',
      'Cannot read the text: it is not UTF-8 or UTF-16 and does not read as windows-1252 or Shift JIS, save it as UTF-8',
    );
  }
  return text;
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Western text in UTF-16 has a zero in nearly every second byte and nowhere else. */
function zeroBytePattern(bytes: Uint8Array): string | undefined {
  const length = Math.min(bytes.length, sampleBytes) & ~1;
  if (length < 4 || bytes.length % 2 !== 0) return undefined;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  const pairs = length / 2;
  if (odd > pairs * 0.4 && even < pairs * 0.01) return 'utf-16le';
  if (even > pairs * 0.4 && odd < pairs * 0.01) return 'utf-16be';
  return undefined;
}

function controlShare(bytes: Uint8Array): number {
  const length = Math.min(bytes.length, sampleBytes);
  if (length === 0) return 0;
  let controls = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]!;
    // Tab to carriage return are text, and escape stands in logs with terminal colours.
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b) controls++;
  }
  return controls / length;
}

function tryDecode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Another encoding is tried next: an unknown label and a byte that does not fit are the same here.
    return undefined;
  }
}

/** A few broken bytes in UTF-8 are better lost than all other accents read as windows-1252. */
function damagedUtf8(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8').decode(bytes);
  let broken = 0;
  let sound = 0;
  for (const match of text.matchAll(/[^\0-\x7f]/gu)) {
    if (match[0] === '\ufffd') broken++;
    else sound++;
  }
  return broken * 4 <= sound ? text : undefined;
}

/** Western European text: some letters with accents and typographic signs among many ASCII ones. */
function windows1252(bytes: Uint8Array): string | undefined {
  let high = 0;
  for (const byte of bytes) if (byte >= 0x80) high++;
  if (high > bytes.length * 0.3) return undefined;
  const text = new TextDecoder('windows-1252').decode(bytes);
  let plausible = 0;
  for (const match of text.matchAll(/[^\0-\x7f]/g)) {
    if (/[\u0080-\u009f]/.test(match[0])) return undefined; // bytes that windows-1252 does not define
    if (/[\p{L}‘’“”„‚«»‹›–—…•·°§©®™€£¥¢¿¡±×÷½¼¾²³¹ªº´\u00a0\u00ad]/u.test(match[0])) plausible++;
  }
  return plausible >= high * 0.9 ? text : undefined;
}

/** Japanese text: most of what is not ASCII are kana or common signs and ideographs, with some kana among them. */
function shiftJis(bytes: Uint8Array): string | undefined {
  const text = tryDecode(bytes, 'shift_jis');
  const high = text?.match(/[^\0-\x7f]/gu) ?? [];
  const kana = high.filter((character) => /[\u3040-\u30ff]/.test(character)).length;
  const plausible = high.filter((character) =>
    /[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]/.test(character),
  ).length;
  return kana >= high.length * 0.05 && plausible >= high.length * 0.95 ? text : undefined;
}
