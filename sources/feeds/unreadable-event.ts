import type { DeadLetterReason } from '../../domain/change-event.ts';
import { BraidError } from '../../domain/errors.ts';

/** A raw event that a reader cannot turn into changes; it becomes a dead letter with this reason. */
export class UnreadableEvent extends BraidError {
  readonly reason: DeadLetterReason;

  constructor(reason: DeadLetterReason, message: string) {
    super('unreadable_event', message);
    this.reason = reason;
  }
}
