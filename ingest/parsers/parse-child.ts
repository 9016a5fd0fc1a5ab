import { DocumentRefused } from '../../domain/errors.ts';
import { guardProcess } from './guard-process.ts';
import { type ParseRequest, parseContent } from './parse-content.ts';
import type { ChildReply } from './parser-process.ts';

/** The process in which documents are parsed: one at a time, asked for and answered over the channel to its parent. */

const guard = guardProcess(Number(process.argv[2]));

process.on('message', (request: ParseRequest) => {
  guard.watchMemory();
  parseContent(request).then(
    (document) => reply({ type: 'parsed', document, residentBytes: process.memoryUsage.rss() }),
    (error: unknown) => {
      if (!(error instanceof DocumentRefused)) throw error;
      const { reason, message } = error;
      reply({ type: 'refused', reason, message, residentBytes: process.memoryUsage.rss() });
    },
  );
});
process.on('disconnect', () => process.exit());

reply({ type: 'ready', residentBytes: process.memoryUsage.rss() });

function reply(message: ChildReply): void {
  process.send?.(message, () => guard.rest());
}
