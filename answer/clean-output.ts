import { hiddenRanges } from '../domain/hidden-text.ts';
import { Edits } from './edits.ts';
import {
  addressLength,
  isAllowedAddress,
  type LinkHosts,
  removedAddress,
  removeForeignLinks,
} from './links.ts';

/** `[2]` in the text of a model that cites by numbers: its place in the cleaned text. */
export interface Marker {
  readonly at: number;
  /** As written, from 1. */
  readonly number: number;
}

export interface CleanerOptions {
  readonly hosts: LinkHosts;
  /** Takes out `[2]` and tells where it stood. */
  readonly takesMarkers: boolean;
}

/** A longer one is no link that anybody wrote. */
const maxConstructCharacters = 4_096;

/** What may begin something to be taken out. */
const trigger =
  /[\\[<]|!\[|(?<![a-z])[a-z][a-z0-9+.-]{0,30}:[\\/]{2}|(?<![a-z0-9])www\.|(?<=[(<"'=])[\\/]{2}/giu;
/** At the end of a text that goes on: what may become a trigger, and white space that may stand before a marker. */
const unsettled = /\s*[!-~]*$/;
const marker = /^\[(\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,9})\]/;

type Step = { readonly end: number; readonly replacement: string } | 'wait' | { readonly keep: number };

/**
 * Cleans what a model writes as it comes: links and images that lead elsewhere lose their address, characters that
 * nobody sees and comments go, and markers become places. What comes out does not depend on how the text was cut.
 */
export class OutputCleaner {
  readonly #options: CleanerOptions;
  /** All that the model has written. */
  #given = '';
  /** Up to here it is without what nobody sees, which could hide a link from what looks for links. */
  #stripped = 0;
  readonly #hidden = new Edits();
  /** What the model has written, without what nobody sees. */
  raw = '';
  /** All that has come out. */
  text = '';
  readonly #edits = new Edits();
  readonly markers: Marker[] = [];
  removedLinks = 0;
  removedHidden = 0;
  /** Up to here `raw` is dealt with. */
  #done = 0;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** @returns what has become certain; the rest follows with later text, or at the end */
  push(text: string): string {
    this.#given += text;
    this.#strip(this.#given.length - (/[\ud800-\udbff]$/.test(this.#given) ? 1 : 0));
    return this.#advance(false);
  }

  end(): string {
    this.#strip(this.#given.length);
    return this.#advance(true);
  }

  /** Whether everything before a place of what the model wrote has come out. */
  isDone(place: number): boolean {
    return place <= this.#stripped && this.#hidden.map(place, place)[1] <= this.#done;
  }

  /** Where a range of what the model wrote stands in what came out. */
  map(start: number, end: number): readonly [start: number, end: number] {
    return this.#edits.map(...this.#hidden.map(start, end));
  }

  #strip(to: number): void {
    for (const [start, end] of hiddenRanges(this.#given, this.#stripped, to)) {
      this.raw += this.#given.slice(this.#stripped, start);
      this.#hidden.add({ start, end, replacement: '' });
      this.#stripped = end;
      this.removedHidden += 1;
    }
    this.raw += this.#given.slice(this.#stripped, to);
    this.#stripped = to;
  }

  #advance(isLast: boolean): string {
    const before = this.text.length;
    for (;;) {
      const settled = isLast
        ? this.raw.length
        : this.#done + unsettled.exec(this.raw.slice(this.#done))!.index;
      trigger.lastIndex = this.#done;
      const at = trigger.exec(this.raw)?.index ?? this.raw.length;
      if (at >= settled) {
        this.#copy(settled);
        break;
      }
      const step = this.#stepAt(at, isLast);
      if (step === 'wait') {
        this.#copy(Math.max(this.#done, at - spacesBefore(this.raw, at)));
        break;
      }
      if ('keep' in step) {
        this.#copy(step.keep);
      } else {
        const isMarker = step.replacement === '' && marker.test(this.raw.slice(at, step.end));
        this.#copy(Math.max(this.#done, isMarker ? at - spacesBefore(this.raw, at) : at));
        if (isMarker) this.#addMarkers(at);
        this.#replace(step.end, step.replacement);
      }
    }
    return this.text.slice(before);
  }

  /** What is to be done with the construct that begins here. */
  #stepAt(at: number, isLast: boolean): Step {
    const { raw } = this;
    if (raw[at] === '\\') {
      if (at + 1 >= raw.length && !isLast) return 'wait';
      // Only a mark can be escaped: a letter behind it may begin an address.
      return { keep: /[!-/:-@[-`{-~]/.test(raw[at + 1] ?? '') ? at + 2 : at + 1 };
    }
    if (raw.startsWith('<!--', at)) {
      const close = raw.indexOf('-->', at + 4);
      if (close === -1 && !isLast) return 'wait';
      this.removedHidden += 1;
      // A space, so that what stands around it does not become a link.
      return { end: close === -1 ? raw.length : close + 3, replacement: ' ' };
    }
    // What is decided depends on what stands here alone, not on how much of the text has come.
    const view = raw.slice(at, at + maxConstructCharacters + 1);
    const isFull = view.length > maxConstructCharacters;
    const isLineStart = /(?:^|\n) {0,3}$/.test(raw.slice(Math.max(0, at - 4), at));
    const length = constructLength(view, isLast && !isFull, {
      isLineStart,
      takesMarkers: this.#options.takesMarkers,
    });
    if (length === 'open') {
      if (!isFull) return 'wait';
      // Too long to wait for: whatever follows, it must not become a link.
      this.removedLinks += 1;
      return /[[<!]/.test(raw[at]!)
        ? { end: at + 1, replacement: `\\${raw[at]}` }
        : { end: at + view.length, replacement: removedAddress };
    }
    if (length === 'none') return { keep: at + 1 };
    const end = at + length;
    const piece = raw.slice(at, end);
    if (this.#options.takesMarkers && marker.test(piece) && piece.endsWith(']'))
      return { end, replacement: '' };
    return this.#judge(piece, at, end);
  }

  #judge(piece: string, at: number, end: number): Step {
    const { hosts } = this.#options;
    if (/^[[<!]/.test(piece)) {
      const removed = removeForeignLinks(piece, hosts);
      // Inside it there may be another one.
      if (removed === undefined) return { keep: isLinkWhole(piece) ? end : at + 1 };
      this.removedLinks += removed.count;
      return { end, replacement: removed.replacement };
    }
    const length = addressLength(piece);
    if (isAllowedAddress(piece.slice(0, length), hosts)) return { keep: at + Math.max(length, 1) };
    this.removedLinks += 1;
    return { end: at + Math.max(length, 1), replacement: removedAddress };
  }

  #addMarkers(at: number): void {
    const numbers = marker.exec(this.raw.slice(at))![1]!.split(/[,;]/).map(Number);
    this.markers.push(...numbers.map((number) => ({ at: this.text.length, number })));
  }

  #copy(to: number): void {
    this.text += this.raw.slice(this.#done, to);
    this.#done = Math.max(this.#done, to);
  }

  #replace(end: number, replacement: string): void {
    this.#edits.add({ start: this.#done, end, replacement });
    this.text += replacement;
    this.#done = end;
  }
}

function spacesBefore(text: string, at: number): number {
  return /[ \t]*$/.exec(text.slice(Math.max(0, at - 8), at))![0].length;
}

function isLinkWhole(piece: string): boolean {
  return /^<|\]\(/.test(piece);
}

/** The length of the construct that a text begins with; `open`: not known yet; `none`: it is none. */
function constructLength(
  view: string,
  isLast: boolean,
  context: { readonly isLineStart: boolean; readonly takesMarkers: boolean },
): number | 'open' | 'none' {
  const open = isLast ? 'none' : 'open';
  if (view[0] === '<') {
    if (view.length === 1) return open;
    return /[a-z/!?]/i.test(view[1]!) ? closing(view, '>', open) : 'none';
  }
  if (view[0] !== '[' && view[0] !== '!') {
    const stop = /[\s<`]/.exec(view)?.index;
    return stop ?? (isLast ? view.length : 'open');
  }
  const label = balanced(view, view[0] === '!' ? 1 : 0, '[', ']', open);
  if (typeof label === 'string') return label;
  if (label === view.length && !isLast) return 'open';
  const next = view[label];
  if (next === '(') return balanced(view, label, '(', ')', open);
  if (context.takesMarkers && marker.test(view.slice(0, label))) return label;
  return next === ':' && context.isLineStart ? definitionLength(view, label, isLast) : 'none';
}

/** An address and a title may stand on lines of their own. */
function definitionLength(view: string, label: number, isLast: boolean): number | 'open' {
  const lines = /^[^\n]*(?:\n[^\n]+){0,2}(?=\n|$)/.exec(view.slice(label))![0];
  const end = label + lines.length;
  const isKnown = isLast || view.indexOf('\n', end) !== -1;
  return isKnown && (isLast || lines.split('\n').length === 3 || /^\n[ \t]*\n/.test(view.slice(end)))
    ? end
    : 'open';
}

function closing(view: string, mark: string, open: 'open' | 'none'): number | 'open' | 'none' {
  const end = view.indexOf(mark);
  const paragraph = paragraphEnd(view);
  if (end === -1) return paragraph === undefined ? open : 'none';
  return paragraph !== undefined && paragraph < end ? 'none' : end + 1;
}

/** The place behind the bracket that closes the one at `at`. */
function balanced(
  view: string,
  at: number,
  opening: string,
  close: string,
  open: 'open' | 'none',
): number | 'open' | 'none' {
  const paragraph = paragraphEnd(view) ?? view.length;
  let depth = 0;
  for (let place = at; place < paragraph; place += 1) {
    if (view[place] === '\\') place += 1;
    else if (view[place] === opening) depth += 1;
    else if (view[place] === close) {
      depth -= 1;
      if (depth === 0) return place + 1;
    }
  }
  return paragraph < view.length ? 'none' : open;
}

/** Where the first paragraph of a text ends, if that is known. */
function paragraphEnd(view: string): number | undefined {
  return /\n[ \t]*\n/.exec(view)?.index;
}
