import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { Terminal } from './terminal.ts';

/** Draws although stdout may be piped: what it draws goes to stderr. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

/** States come as fast as the work goes; more of them than this would cost more than they tell. */
const drawnEveryMs = 50;
const linesEveryMs = 1_000;

/**
 * Runs a long job and shows what it says: drawn in place where stderr is a terminal, else as lines with `--verbose`.
 * An error passes through and is not shown here.
 */
export async function withProgress<T>(
  terminal: Terminal,
  title: string,
  work: (say: (state: string) => void) => Promise<T>,
): Promise<T> {
  if (!terminal.isInteractive) {
    terminal.detail(title);
    return work(atMostEvery(linesEveryMs, terminal.detail));
  }
  const results: T[] = [];
  const tasks = new Listr<object, typeof StderrRenderer, typeof StderrRenderer>(
    [
      {
        title,
        task: async (_, task) => {
          results.push(
            await work(
              atMostEvery(drawnEveryMs, (state) => {
                task.output = state;
              }),
            ),
          );
        },
      },
    ],
    {
      renderer: StderrRenderer,
      rendererOptions: {
        showErrorMessage: false,
        logger: new ListrLogger({
          useIcons: true,
          toStderr: [],
          processOutput: new ProcessOutput(process.stderr, process.stderr, { leaveEmptyLine: false }),
        }),
      },
      // Signals belong to the command, which stops its work first.
      registerSignalListeners: false,
    },
  );
  await tasks.run();
  return results[0]!;
}

function atMostEvery(milliseconds: number, say: (state: string) => void): (state: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (state) => {
    const now = performance.now();
    if (now - saidAt < milliseconds) return;
    saidAt = now;
    say(state);
  };
}
