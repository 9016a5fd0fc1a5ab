/** Signals of one command: the first asks it to stop, the second ends the process at once. */
export interface Interrupt {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Gives the signals back their usual effect. */
  release(): void;
}

/** npm forwards to its script a Ctrl-C that the terminal has delivered already: twice within this is one press. */
const repeatMs = 300;

/** Catches SIGINT and SIGTERM until it is released. */
export function catchInterrupts(): Interrupt {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      controller.abort(new Interrupted());
    } else if (now - firstAt > repeatMs) {
      process.exit(1);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** The command was stopped by a signal before it was done. */
export class Interrupted extends Error {
  constructor(message = 'Interrupted', cause?: unknown) {
    super(message, { cause });
    this.name = 'Interrupted';
  }
}
