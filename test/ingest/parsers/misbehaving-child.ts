import { guardProcess } from '../../../ingest/parsers/guard-process.ts';
import type { ParseRequest } from '../../../ingest/parsers/parse-content.ts';
import type { ChildReply } from '../../../ingest/parsers/parser-process.ts';

const guard = guardProcess(Number(process.argv[2]));

/** Speaks the protocol of `parse-child.ts` and does what the name of the document says. */
process.on('message', async ({ name, content }: ParseRequest) => {
  guard.watchMemory();
  const kept: unknown[] = [];
  if (name === 'hang') for (;;);
  if (name === 'eat native memory') for (;;) await pause(kept.push(Buffer.alloc(10_000_000, 1)));
  if (name === 'eat heap') for (;;) kept.push(Array.from({ length: 1_000 }, (_, at) => ({ at })));
  if (name === 'die') process.exit(3);
  if (name === 'hold memory') held.push(Buffer.alloc(80_000_000, 1));
  if (name === 'wait') await pause(0, 200);
  if (name === 'refuse') reply({ type: 'refused', reason: 'corrupt', message: 'It is broken' });
  const text = `${process.pid} ${Buffer.from(content)}`;
  const blocks = [{ kind: 'paragraph', start: 0, end: text.length, headingPath: [] }] as const;
  reply({ type: 'parsed', document: { text, mediaType: 'text/plain', blocks } });
});
process.on('disconnect', () => process.exit());

type Unmeasured<T> = T extends unknown ? Omit<T, 'residentBytes'> : never;

const held: unknown[] = [];

function pause(_count: number, milliseconds = 5): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function reply(message: Unmeasured<ChildReply>): void {
  process.send?.({ ...message, residentBytes: process.memoryUsage.rss() });
}

reply({ type: 'ready' });
