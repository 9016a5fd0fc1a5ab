import { settledPlace } from '../domain/guarded-text.ts';
import type { Grounding, GuardedText, GuardrailMatch, GuardrailVerdict } from '../models/guardrail.ts';
import { Edits } from './edits.ts';
import { GuardrailReport } from './guardrail-report.ts';

/** A check of one text under a tenant's policy; undefined where it failed and the policy lets the text through. */
export type Check = (text: GuardedText) => Promise<GuardrailVerdict | undefined>;

export interface OutputGuardOptions {
  readonly check: Check;
  /** `sync`: nothing goes out before it is checked. `async`: it goes out at once, and is cut when something is found. */
  readonly mode: 'sync' | 'async';
  readonly windowCharacters: number;
  /** The answer is also judged as a whole at its end. */
  readonly judgesWhole: boolean;
}

/** Letters before a piece of text that the borders of its words depend on. */
const contextCharacters = 64;

/**
 * Checks an answer piece by piece as it comes, and holds back what is not settled. What comes out in `sync` mode is
 * the same however the text was cut, and no part of a match is ever in it.
 */
export class OutputGuard {
  readonly #options: OutputGuardOptions;
  readonly edits = new Edits();
  readonly report = new GuardrailReport('output');
  /** What was masked, as it stood: to be kept out of quotes too. */
  readonly masked: string[] = [];
  #raw = '';
  #text = '';
  /** Up to here the raw text is checked. */
  #checked = 0;
  /** Up to here it has gone out; in `async` mode ahead of the checks. */
  #sent = 0;
  #windows = 1;
  #running: Promise<void> | undefined;
  #failure: unknown;
  isBlocked = false;
  /** In `async` mode: something had to be masked that had gone out. */
  isCut = false;

  constructor(options: OutputGuardOptions) {
    this.#options = options;
  }

  /** Up to here, of the text as given, places can be mapped. */
  get settled(): number {
    return this.#options.mode === 'sync' ? this.#checked : this.#sent;
  }

  /** Where a range of the answer as given stands in what goes out. */
  map(start: number, end: number): readonly [start: number, end: number] {
    return this.#options.mode === 'sync' || this.isCut ? this.edits.map(start, end) : [start, end];
  }

  /** @returns what may go out now */
  async push(text: string): Promise<string> {
    this.#raw += text;
    if (this.#options.mode === 'sync') {
      const before = this.#text.length;
      await this.#checkWindows();
      return this.#text.slice(before);
    }
    this.#running ??= this.#checkWindows()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#running = undefined;
      });
    if (this.#failure !== undefined) throw this.#failure;
    return this.#send();
  }

  /**
   * Checks the rest, and where the policy wants it the whole.
   * @returns what may go out still
   */
  async end(groundingOf: () => Grounding): Promise<string> {
    const before = this.#text.length;
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
    const isWhole = this.#options.windowCharacters === Number.POSITIVE_INFINITY;
    if (!this.isBlocked && !isWhole && this.#checked < this.#raw.length)
      await this.#checkNext(this.#raw.length, true);
    if (!this.isBlocked && (isWhole || this.#options.judgesWhole) && this.#raw !== '') {
      await this.#judgeWhole(groundingOf(), isWhole);
    }
    return this.#options.mode === 'sync' ? this.#text.slice(before) : this.#send();
  }

  /** What may be shown of the answer: masked also where it went out before. */
  get text(): string {
    return this.#options.mode === 'sync' || this.isCut || this.isBlocked
      ? this.#text
      : this.#raw.slice(0, this.#sent);
  }

  #send(): string {
    if (this.isBlocked || this.isCut) return '';
    const text = this.#raw.slice(this.#sent);
    this.#sent = this.#raw.length;
    return text;
  }

  async #checkWindows(): Promise<void> {
    const { windowCharacters } = this.#options;
    while (!this.isBlocked && this.#raw.length - this.#checked >= windowCharacters * this.#windows) {
      const length =
        windowCharacters === 1 ? this.#raw.length - this.#checked : windowCharacters * this.#windows;
      const before = this.#checked;
      await this.#checkNext(before + length, false);
      // Where nothing is settled, a larger piece is looked at: which one depends on the text, not on how it was cut.
      this.#windows = this.#checked > before || windowCharacters === 1 ? 1 : this.#windows + 1;
      if (windowCharacters === 1) return;
    }
  }

  async #checkNext(end: number, isLast: boolean): Promise<void> {
    const start = this.#checked;
    const verdict = await this.#options.check({
      side: 'output',
      text: this.#raw.slice(start, end),
      before: this.#raw.slice(Math.max(0, start - contextCharacters), start),
      isUnfinished: !isLast,
    });
    if (verdict === undefined) {
      this.#pass(end);
      return;
    }
    const settled = settledPlace(verdict);
    this.#take(verdict, start, settled);
    if (!this.isBlocked) this.#pass(start + settled);
  }

  /** Records what was found before a place of the piece; masks go into the text. */
  #take({ matches, findings }: GuardrailVerdict, start: number, settled: number): void {
    const isLate = this.#options.mode === 'async';
    for (const finding of findings) this.report.addFinding(finding, isLate);
    for (const match of matches) {
      if (match.start >= settled) break;
      this.report.addMatch(match, isLate);
      if (match.action === 'masked') this.#mask(match, start);
    }
    const blocks = ({ action }: { action: string }) => action === 'blocked';
    if (findings.some(blocks) || matches.some((match) => match.start < settled && blocks(match))) {
      this.isBlocked = true;
    }
  }

  #mask(match: GuardrailMatch, start: number): void {
    this.#pass(start + match.start);
    const end = start + match.end;
    this.masked.push(this.#raw.slice(this.#checked, end));
    this.edits.add({ start: this.#checked, end, replacement: match.replacement });
    if (this.#options.mode === 'async') this.isCut = true;
    this.#text += match.replacement;
    this.#checked = end;
  }

  #pass(place: number): void {
    if (place <= this.#checked) return;
    this.#text += this.#raw.slice(this.#checked, place);
    this.#checked = place;
  }

  async #judgeWhole(grounding: Grounding, isFirst: boolean): Promise<void> {
    const verdict = await this.#options.check({ side: 'output', text: this.#raw, grounding });
    if (verdict === undefined) {
      this.#pass(this.#raw.length);
      return;
    }
    if (isFirst) {
      this.#take(verdict, 0, this.#raw.length);
      if (!this.isBlocked) this.#pass(this.#raw.length);
      return;
    }
    for (const finding of verdict.findings) {
      if (finding.policy !== 'grounding' && finding.policy !== 'relevance') continue;
      this.report.addFinding(finding, false);
      if (finding.action === 'blocked') this.isBlocked = true;
    }
    // A match longer than its pattern was said to be had gone out in part before it could be seen.
    const unseen = verdict.matches.filter(({ start, end }) => !this.edits.covers(start, end));
    for (const match of unseen) this.report.addMatch({ ...match, action: 'blocked' }, true);
    if (unseen.length > 0) this.isBlocked = true;
  }
}
