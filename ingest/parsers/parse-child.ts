import { Worker } from 'node:worker_threads';
import { DocumentRefused } from '../../domain/errors.ts';
import { type ParseRequest, parseContent } from './parse-content.ts';
import type { ChildReply } from './parser-process.ts';

/** The process in which documents are parsed: one at a time, asked for and answered over the channel to its parent. */

process.on('message', (request: ParseRequest) => {
  parseContent(request).then(
    (document) => reply({ type: 'parsed', document }),
    (error: unknown) => {
      if (!(error instanceof DocumentRefused)) throw error;
      reply({ type: 'refused', reason: error.reason, message: error.message });
    },
  );
});
process.on('disconnect', () => process.exit());

// A parser that loops never hears of the disconnection; a thread beside it sees that the parent has gone.
new Worker(
  `const parent = process.ppid;
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);`,
  { eval: true },
).unref();

reply({ type: 'ready' });

function reply(message: ChildReply): void {
  process.send?.(message);
}
