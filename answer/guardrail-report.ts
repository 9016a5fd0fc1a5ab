import type { GuardrailAction } from '../domain/guardrail.ts';
import type { GuardrailFinding, GuardrailMatch } from '../models/guardrail.ts';

/** Sums up what a guardrail did on one side: what was matched is not in it. */
export class GuardrailReport {
  readonly #side: GuardrailAction['side'];
  readonly #actions = new Map<string, GuardrailAction>();

  constructor(side: GuardrailAction['side']) {
    this.#side = side;
  }

  addMatch(
    { policy, type, action }: Pick<GuardrailMatch, 'policy' | 'type' | 'action'>,
    isLate = false,
  ): void {
    this.#add({ side: this.#side, policy, type, action, count: 1, ...(isLate && { late: true }) });
  }

  addFinding({ policy, type, action, score, threshold }: GuardrailFinding, isLate = false): void {
    this.#add({
      side: this.#side,
      policy,
      type,
      action,
      count: 1,
      ...(score !== undefined && { score }),
      ...(threshold !== undefined && { threshold }),
      ...(isLate && action === 'blocked' && { late: true }),
    });
  }

  /** One entry a policy, type and action, in the order in which they were met. */
  actions(): GuardrailAction[] {
    return [...this.#actions.values()];
  }

  #add(action: GuardrailAction): void {
    const key = `${action.policy}\0${action.type}\0${action.action}`;
    const held = this.#actions.get(key);
    if (held === undefined) {
      this.#actions.set(key, action);
      return;
    }
    const score = worse(held, action);
    this.#actions.set(key, {
      ...held,
      count: held.count + 1,
      ...(score !== undefined && { score }),
      ...(action.late && { late: true }),
    });
  }
}

function worse(held: GuardrailAction, added: GuardrailAction): number | undefined {
  if (held.score === undefined || added.score === undefined) return held.score ?? added.score;
  const isGrounding = held.policy === 'grounding' || held.policy === 'relevance';
  return isGrounding ? Math.min(held.score, added.score) : Math.max(held.score, added.score);
}
