export interface MadeMail {
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly {
    readonly name?: string;
    readonly type?: string;
    readonly content: string | Uint8Array;
    readonly contentId?: string;
    /** Not in base64. */
    readonly isPlain?: boolean;
  }[];
}

let boundaries = 0;

/** A mail message of its parts. */
export function makeMail({ subject, text, html, attachments = [] }: MadeMail): Buffer {
  const boundary = `part-${boundaries++}`;
  const parts = [
    `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}`,
    ...(html === undefined ? [] : [`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`]),
  ];
  const alternative =
    parts.length === 1
      ? parts[0]!
      : `Content-Type: multipart/alternative; boundary=alternative\r\n\r\n${parts.map((part) => `--alternative\r\n${part}\r\n`).join('')}--alternative--`;
  const files = attachments.map(({ name, type = 'application/octet-stream', content, contentId, isPlain }) =>
    [
      `Content-Type: ${type}`,
      `Content-Disposition: ${contentId === undefined ? 'attachment' : 'inline'}${name === undefined ? '' : `; filename="${name}"`}`,
      ...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
      ...(isPlain === true ? [] : ['Content-Transfer-Encoding: base64']),
      '',
      isPlain === true ? content : Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n'),
    ].join('\r\n'),
  );
  const body = [alternative, ...files].map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return Buffer.from(
    `From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${body}--${boundary}--\r\n`,
  );
}
