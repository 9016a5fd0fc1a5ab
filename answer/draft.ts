import type { AnswerEvent, Citation } from '../domain/answer.ts';
import { type VisibleText, visibleText } from '../domain/hidden-text.ts';
import type { Hit } from '../domain/search.ts';
import type { Grounding } from '../models/guardrail.ts';
import type { Passage } from '../models/language-model.ts';
import { type ClaimedCitation, verifyCitation } from './cite.ts';
import { OutputCleaner } from './clean-output.ts';
import type { LinkHosts } from './links.ts';
import type { OutputGuard } from './output-guard.ts';
import { closestSentence, markedRange, withoutMasked } from './quote.ts';

/** A passage as a model is shown it. */
interface ShownPassage {
  readonly hit: Hit;
  readonly visible: VisibleText;
}

export interface DraftOptions {
  readonly hits: readonly Hit[];
  readonly hosts: LinkHosts;
  readonly takesMarkers: boolean;
  readonly guard: OutputGuard;
  /** Nothing goes out before one citation holds. */
  readonly waitsForCitation: boolean;
}

/**
 * An answer as it grows: what the model writes is cleaned, then guarded, then goes out, and each citation follows
 * when the text that it covers is out and it holds.
 */
export class Draft {
  readonly #options: DraftOptions;
  readonly #shown: readonly ShownPassage[];
  readonly #cleaner: OutputCleaner;
  /** By their places in what the model wrote, until that is cleaned. */
  #claimed: ClaimedCitation[] = [];
  /** By their places in the cleaned text, until that is out. */
  #waiting: ClaimedCitation[] = [];
  /** Those that hold, by their places in the cleaned text. */
  readonly #held: { readonly claimed: ClaimedCitation; readonly citation: Citation }[] = [];
  #kept: AnswerEvent[] = [];
  #markersTaken = 0;
  #markedUpTo = 0;
  #lastMarked: readonly [start: number, end: number] | undefined;
  dropped = 0;
  /** Whether a reader of the stream has seen some of the text. */
  hasGoneOut = false;

  constructor(options: DraftOptions) {
    this.#options = options;
    this.#shown = options.hits.map((hit) => ({ hit, visible: visibleText(hit.chunk.text) }));
    const { hosts, takesMarkers } = options;
    this.#cleaner = new OutputCleaner({ hosts, takesMarkers });
  }

  /** What the model is given: the chunk's own text also where a parent is shown with it, since quotes are held against it. */
  get passages(): Passage[] {
    return this.#shown.map(({ hit: { chunk, title, uri }, visible }) => ({
      text: visible.text,
      ...(title !== undefined && { title: visibleText(title).text }),
      ...(uri !== undefined && { uri }),
      ...(chunk.context !== undefined && { context: visibleText(chunk.context).text }),
    }));
  }

  get text(): string {
    return this.#options.guard.text;
  }

  get isEmpty(): boolean {
    return this.#cleaner.raw.trim() === '';
  }

  get removed(): { readonly links: number; readonly hiddenCharacters: number } {
    return { links: this.#cleaner.removedLinks, hiddenCharacters: this.#cleaner.removedHidden };
  }

  /** In the text as it is now. */
  get citations(): Citation[] {
    return this.#held.map(({ claimed, citation }) => {
      const [start, end] = this.#options.guard.map(claimed.start, claimed.end);
      return { ...citation, start, end };
    });
  }

  async *write(text: string): AsyncGenerator<AnswerEvent> {
    const cleaned = this.#cleaner.push(text);
    this.#takeCitations();
    const released = cleaned === '' ? '' : await this.#options.guard.push(cleaned);
    yield* this.#pass(this.#goOut(released));
  }

  *cite(claimed: ClaimedCitation): Generator<AnswerEvent> {
    this.#claimed.push(claimed);
    this.#takeCitations();
    yield* this.#pass(this.#goOut(''));
  }

  async *end(question: string): AsyncGenerator<AnswerEvent> {
    const cleaned = this.#cleaner.end();
    this.#takeCitations();
    let released = cleaned === '' ? '' : await this.#options.guard.push(cleaned);
    released += await this.#options.guard.end(() => this.#grounding(question));
    yield* this.#pass(this.#goOut(released));
    // What is left covers text that never came.
    this.dropped += this.#claimed.length + this.#waiting.length;
    this.#claimed = [];
    this.#waiting = [];
  }

  *#goOut(text: string): Generator<AnswerEvent> {
    if (text !== '') yield { type: 'text', text };
    const { guard, hits } = this.#options;
    const ready = this.#waiting.filter(({ end }) => end <= guard.settled);
    this.#waiting = this.#waiting.filter(({ end }) => end > guard.settled);
    for (const claimed of ready) {
      const [start, end] = guard.map(claimed.start, claimed.end);
      const quote = this.#quoteOf(claimed);
      const citation = verifyCitation({ ...claimed, start, end, quote }, guard.text, hits);
      if (citation === undefined) {
        this.dropped += 1;
      } else {
        this.#held.push({ claimed, citation });
        yield { type: 'citation', citation };
      }
    }
  }

  *#pass(events: Iterable<AnswerEvent>): Generator<AnswerEvent> {
    for (const event of events) {
      if (!this.#options.waitsForCitation || this.#held.length > 0) {
        for (const passed of [...this.#kept.splice(0), event]) {
          if (passed.type === 'text') this.hasGoneOut = true;
          yield passed;
        }
      } else {
        this.#kept.push(event);
      }
    }
  }

  /** Moves citations on whose text is cleaned, and makes those that markers stand for. */
  #takeCitations(): void {
    const cleaner = this.#cleaner;
    const isCleaned = ({ end }: ClaimedCitation) => Number.isNaN(end) || cleaner.isDone(end);
    for (const claimed of this.#claimed.filter(isCleaned)) {
      const [start, end] = cleaner.map(claimed.start, claimed.end);
      this.#waiting.push({ ...claimed, start, end });
    }
    this.#claimed = this.#claimed.filter((claimed) => !isCleaned(claimed));

    for (const { at, number } of cleaner.markers.slice(this.#markersTaken)) {
      const range = markedRange(cleaner.text, at, this.#markedUpTo) ?? this.#lastMarked;
      const passage = this.#shown[number - 1];
      this.#lastMarked = range;
      this.#markedUpTo = at;
      if (range === undefined || passage === undefined) {
        this.dropped += 1;
        continue;
      }
      const [start, end] = range;
      const quote = closestSentence(passage.visible.text, cleaner.text.slice(start, end)) ?? '';
      this.#waiting.push({ start, end, passage: number - 1, quote });
    }
    this.#markersTaken = cleaner.markers.length;
  }

  /** A quote of what the model was shown, as it stands in the chunk, without what was masked in the answer. */
  #quoteOf({ passage, quote }: ClaimedCitation): string {
    const shown = this.#shown[passage];
    const wanted = withoutMasked(quote, this.#options.guard.masked);
    const at = shown?.visible.text.indexOf(wanted) ?? -1;
    if (shown === undefined || at === -1 || wanted === '') return quote === wanted ? quote : '';
    const { originOf } = shown.visible;
    return shown.hit.chunk.text.slice(originOf(at), originOf(at + wanted.length - 1) + 1);
  }

  #grounding(question: string): Grounding {
    return {
      question,
      passages: this.#shown.map(({ visible }) => visible.text),
      cited: [...this.#held.map(({ claimed }) => claimed), ...this.#waiting],
    };
  }
}
