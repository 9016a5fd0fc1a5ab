import type { Response } from 'undici';
import { DocumentRefused } from '../domain/errors.ts';

/**
 * Reads a reply's body and stops as soon as it is too long, whatever length it claims.
 * @param address for the message
 * @throws {DocumentRefused} `too_large`
 */
export async function readCapped(response: Response, maxBytes: number, address: string): Promise<Uint8Array> {
  const claimed = Number(response.headers.get('content-length') ?? 0);
  if (claimed > maxBytes) throw tooLarge(address, maxBytes);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += (part as Uint8Array).length;
    // Leaving the loop cancels the body.
    if (bytes > maxBytes) throw tooLarge(address, maxBytes);
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts);
}

function tooLarge(address: string, maxBytes: number): DocumentRefused {
  return new DocumentRefused('too_large', `Cannot fetch ${address}: expected at most ${maxBytes} bytes`);
}
