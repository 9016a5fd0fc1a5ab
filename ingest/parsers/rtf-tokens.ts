/** One token of RTF: a control word, a byte, a symbol, a brace or plain text. */
export type RtfToken =
  | { readonly kind: 'word'; readonly name: string; readonly value: number | undefined }
  | { readonly kind: 'byte'; readonly value: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'text'; readonly text: string };

const pattern = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)/giy;

/** Reads RTF as its specification (1.9.1) writes it; the bytes of `\bin` are left out. */
export function* rtfTokens(content: string): Iterable<RtfToken> {
  pattern.lastIndex = 0;
  let at = 0;
  while (at < content.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(content);
    if (match === null) {
      at++;
      continue;
    }
    at = pattern.lastIndex;
    const [, word, value, byte, symbol, brace, text] = match;
    if (word !== undefined) {
      if (word === 'bin') at += Math.max(0, Number(value ?? 0));
      else yield { kind: 'word', name: word, value: value === undefined ? undefined : Number(value) };
    } else if (byte !== undefined) yield { kind: 'byte', value: Number.parseInt(byte, 16) };
    else if (symbol !== undefined) yield { kind: 'symbol', name: symbol };
    else if (brace !== undefined) yield brace === '{' ? { kind: 'open' } : { kind: 'close' };
    else yield { kind: 'text', text: text! };
  }
}
