/** `\fcharsetN`, as Windows numbers its character sets. */
const encodingOfCharset: Readonly<Record<number, string>> = {
  77: 'macintosh',
  128: 'shift_jis',
  129: 'euc-kr',
  134: 'gbk',
  136: 'big5',
  161: 'windows-1253',
  162: 'windows-1254',
  163: 'windows-1258',
  177: 'windows-1255',
  178: 'windows-1256',
  186: 'windows-1257',
  204: 'windows-1251',
  222: 'windows-874',
  238: 'windows-1250',
};

const encodingOfCodePage: Readonly<Record<number, string>> = {
  866: 'ibm866',
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  10000: 'macintosh',
  65001: 'utf-8',
};

/** The encoding of a font; undefined: that of the document. */
export function encodingOfFont(charset: number): string | undefined {
  return encodingOfCharset[charset];
}

/** The encoding that `\ansicpgN` names; windows-1252 for those that no decoder here knows. */
export function encodingOfDocument(codePage: number): string {
  if (codePage >= 1250 && codePage <= 1258) return `windows-${codePage}`;
  return encodingOfCodePage[codePage] ?? 'windows-1252';
}
