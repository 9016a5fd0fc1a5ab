import { InvalidConfiguration } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import type { CustomChunking, TextRange } from './strategy.ts';

/**
 * The pieces that a custom chunking makes, checked, none of white space only, widened where they would cut a
 * character's surrogate pair.
 * @throws {InvalidConfiguration} for a piece outside the text or out of order
 */
export async function customPieces(chunking: CustomChunking, parsed: ParsedDocument): Promise<TextRange[]> {
  const pieces: TextRange[] = [];
  let previousStart = 0;
  for (const piece of await chunking.split(parsed)) {
    checkPiece(piece, previousStart, parsed.text.length, chunking.id);
    previousStart = piece.start;
    const start = isInsidePair(parsed.text, piece.start) ? piece.start - 1 : piece.start;
    const end = isInsidePair(parsed.text, piece.end) ? piece.end + 1 : piece.end;
    if (parsed.text.slice(start, end).trim() !== '') pieces.push({ start, end });
  }
  return pieces;
}

function checkPiece(piece: TextRange, previousStart: number, length: number, id: string): void {
  const { start, end } = piece;
  const isRange = Number.isInteger(start) && Number.isInteger(end) && start <= end && end <= length;
  if (isRange && start >= previousStart) return;
  throw new InvalidConfiguration(
    'ingest.chunking',
    `Cannot chunk by "${id}": it gave the piece ${start} to ${end} after one that starts at ${previousStart}, expected rising starts within 0 to ${length}`,
  );
}

function isInsidePair(text: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
}
