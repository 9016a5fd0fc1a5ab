import { hiddenRanges } from '../domain/hidden-text.ts';
import { constructLength, marker, markers, paragraphEnd, tagStart } from './construct-length.ts';
import { type Edit, Edits } from './edits.ts';
import { apart, endsInAddress, isLinkBegun, joins, maxJoint } from './joints.ts';
import {
  addressLength,
  isActiveTag,
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
  /[\\[<]|!\[|\](?=\()|(?<![a-z])[a-z][a-z0-9+.-]{0,30}\\?:[\\/]{2}|(?<![a-z0-9])www\\?\.|(?<=[(<"'=])[\\/]{2}/giu;

/** `<scheme:…>` and `<name@host>`, which end before the quotes that a tag goes on in. */
const autolink = /^<(?:[a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[^\s<>]+)>/i;
/** What may stand before a definition: quotes, lists and their indentation. */
const containers = /^[ \t]*(?:(?:[>*+-]|\d{1,9}[.)])[ \t]*)*$/;
const definition = /^\[(?:\\.|[^\]\\])*\]:(.*)/s;
const comment = /<!--.*?(?:-->|$)/gs;
/** Before the further lines of a definition in a quote. */
const quoteMarks = /\n[ \t]*(?:>[ \t]*)+/g;
/** A mark that is escaped stands for itself, in an address too. */
const escaped = /\\(?=[!-/:-@[-`{-~])/g;
/**
 * A letter, a digit, a mark of addresses, or what nobody sees, by its number or name: nobody who hides nothing writes it so,
 * and neither links nor what a guardrail looks for may hide in it or be parted by it.
 */
const spelled =
  /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(colon|sol|period|bsol|commat|plus)|(shy|zwn?j|[lr]rm|nobreak|zerowidthspace|negative(?:verythin|thin|medium|thick)space));/giu;
const spelledBegins = /&(?:#?[\da-z]{0,22})$/iu;
const namedCharacters: Readonly<Record<string, string>> = {
  colon: ':',
  sol: '/',
  period: '.',
  bsol: '\\',
  commat: '@',
  plus: '+',
};

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
  /** What comes next would stand beside something that did not stand before it. */
  #isJoint = false;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** @returns what has become certain; the rest follows with later text, or at the end */
  push(text: string): string {
    this.#given += text;
    this.#strip(
      this.#given.length -
        (/[\ud800-\udbff]$/.exec(this.#given) ?? spelledBegins.exec(this.#given) ?? [''])[0].length,
    );
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
    const edits = [...hiddenRanges(this.#given, this.#stripped, to)].map(([start, end]) => ({
      start,
      end,
      replacement: '',
    }));
    edits.push(...spelledIn(this.#given, this.#stripped, to));
    this.removedHidden += edits.filter(({ replacement }) => replacement === '').length;
    for (const edit of edits.sort((left, right) => left.start - right.start)) {
      this.raw += this.#given.slice(this.#stripped, edit.start) + edit.replacement;
      this.#hidden.add(edit);
      this.#stripped = edit.end;
    }
    this.raw += this.#given.slice(this.#stripped, to);
    this.#stripped = to;
  }

  #advance(isLast: boolean): string {
    const before = this.text.length;
    for (;;) {
      const settled = isLast ? this.raw.length : unsettledFrom(this.raw, this.#done);
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
        this.#replace(step.end, apart(this.text, step.replacement));
      }
    }
    return this.text.slice(before);
  }

  /** What is to be done with the construct that begins here. */
  #stepAt(at: number, isLast: boolean): Step {
    const { raw } = this;
    if (raw[at] === '\\') {
      if (at + 1 >= raw.length && !isLast) return 'wait';
      // Only a mark can be escaped: a letter behind it may begin an address. And an address takes the backslash in.
      // But for one that comes behind what was taken out, and will stand apart.
      const isApart = this.#isJoint && at === this.#done;
      const isEscape =
        /[!-/:-@[-`{-~]/.test(raw[at + 1] ?? '') && (isApart || !endsInAddress(this.#before(at)));
      return { keep: isEscape ? at + 2 : at + 1 };
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
    // In what comes out, too: what was taken out before it no longer keeps it from its line's start.
    const kept = this.text.slice(this.text.lastIndexOf('\n') + 1) + raw.slice(this.#done, at);
    const isLineStart = [raw.slice(0, at), kept].some((before) =>
      containers.test(before.slice(before.lastIndexOf('\n') + 1)),
    );
    const length = constructLength(view, isLast && !isFull, {
      isLineStart,
      takesMarkers: this.#options.takesMarkers,
    });
    if (length === 'open') {
      if (!isFull) return 'wait';
      // Too long to wait for: whatever follows, it must not become a link.
      this.removedLinks += 1;
      return /[[\]<!]/.test(raw[at]!)
        ? { end: at + 1, replacement: raw[at] === '<' ? '&lt;' : `\\${raw[at]}` }
        : { end: at + view.length, replacement: removedAddress };
    }
    if (length === 'none') {
      // A browser ends a tag at whatever comes, where Markdown saw none.
      if (!tagStart.test(view) || !isActiveTag(view.slice(0, paragraphEnd(view)))) return { keep: at + 1 };
      return this.#escape(at);
    }
    const end = at + length;
    const piece = raw.slice(at, end);
    if (this.#options.takesMarkers && marker.test(piece) && piece.endsWith(']'))
      // Without it what stands around it could become the address of a link.
      return isLinkBegun(this.#before(at)) ? { keep: end } : { end, replacement: '' };
    return this.#judge(piece, at, end);
  }

  /** What has come out and will, before a place. */
  #before(at: number): string {
    return this.text.slice(-maxConstructCharacters) + this.raw.slice(this.#done, at);
  }

  #judge(piece: string, at: number, end: number): Step {
    const { hosts } = this.#options;
    if (piece.startsWith('](')) {
      const removed =
        removeForeignLinks(`[x${piece}`, hosts) ??
        removeForeignLinks(`[x${piece.replace(markers, '')}`, hosts);
      if (removed === undefined) return { keep: at + 1 };
      this.removedLinks += removed.count;
      return { end, replacement: `] ${removedAddress}` };
    }
    // A tag that does nothing; what stands within it is looked at by itself. Reading each as Markdown would take a square.
    if (piece[0] === '<' && !isActiveTag(piece) && !autolink.test(piece)) return { keep: at + 1 };
    if (/^[[<!]/.test(piece)) {
      const plain = piece.replace(quoteMarks, '\n');
      const removed = removeForeignLinks(plain, hosts) ?? removeForeignLinks(bareDefinition(plain), hosts);
      // Inside it there may be another one.
      if (removed === undefined && tagStart.test(piece) && isActiveTag(piece)) return this.#escape(at);
      if (removed === undefined) return { keep: isLinkWhole(piece) ? end : at + 1 };
      this.removedLinks += removed.count;
      return { end, replacement: removed.replacement };
    }
    const length = addressLength(piece);
    const address = piece.slice(0, length);
    // Where Markdown knows no escape a backslash stays, and a browser takes it for the end of the host.
    if (isAllowedAddress(address, hosts) && isAllowedAddress(address.replace(escaped, ''), hosts)) {
      // Behind marks it may be another's: `www.<@host`.
      const isForeign = /^www/i.test(piece) && removeForeignLinks(piece, hosts) !== undefined;
      if (!isForeign) return { keep: at + Math.max(length, 1) };
      this.removedLinks += 1;
      return { end, replacement: removedAddress };
    }
    this.removedLinks += 1;
    // A bracket stays: without it the one that closes it would close another.
    const bracket = address.indexOf('[');
    return { end: at + Math.max(bracket === -1 ? length : bracket, 1), replacement: removedAddress };
  }

  /**
   * Leaves a tag as text, what Markdown takes for none may be one without what else is taken out: by an entity, since
   * within a block of HTML a backslash is none.
   */
  #escape(at: number): Step {
    this.removedLinks += 1;
    return { end: at + 1, replacement: '&lt;' };
  }

  #addMarkers(at: number): void {
    const numbers = marker.exec(this.raw.slice(at))![1]!.split(/[,;]/).map(Number);
    this.markers.push(...numbers.map((number) => ({ at: this.text.length, number })));
  }

  #copy(to: number): void {
    if (to <= this.#done) return;
    if (this.#isJoint && joins(this.text, this.raw.slice(this.#done, this.#done + maxJoint)))
      this.#replace(this.#done, ' ');
    this.#isJoint = false;
    this.text += this.raw.slice(this.#done, to);
    this.#done = to;
  }

  #replace(end: number, replacement: string): void {
    this.#edits.add({ start: this.#done, end, replacement });
    this.text += replacement;
    this.#done = end;
    this.#isJoint = true;
  }
}

/** Characters that are spelled out, and what they stand for. */
function spelledIn(text: string, from: number, to: number): Edit[] {
  const found: Edit[] = [];
  for (const match of text.slice(from, to).matchAll(spelled)) {
    const [whole, decimal, hexadecimal, name = '', unseen] = match;
    const code = Number.parseInt(decimal ?? hexadecimal ?? '', decimal === undefined ? 16 : 10);
    const character = namedCharacters[name] ?? (code <= 0x10ffff ? String.fromCodePoint(code) : '');
    const isUnseen = unseen !== undefined || hiddenRanges(character, 0, character.length).length > 0;
    if (!isUnseen && !/^[\p{L}\p{M}\p{N}_:/.\\@+-]$/u.test(character)) continue;
    const replacement = isUnseen ? '' : character;
    found.push({ start: from + match.index, end: from + match.index + whole.length, replacement });
  }
  return found;
}

/** Where a text that goes on ends in what may become a trigger, and in white space that may stand before a marker. */
function unsettledFrom(text: string, least: number): number {
  let at = text.length;
  while (at > least && isAsciiMark(text.charCodeAt(at - 1))) at -= 1;
  while (at > least && /\s/.test(text[at - 1]!)) at -= 1;
  return at;
}

function isAsciiMark(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

function spacesBefore(text: string, at: number): number {
  return /[ \t]*$/.exec(text.slice(Math.max(0, at - 8), at))![0].length;
}

/** A definition as it stands once comments and markers in it have gone. */
function bareDefinition(piece: string): string {
  const behind = definition.exec(piece)?.[1] ?? '';
  const bare = behind.replace(comment, ' ').replace(markers, '');
  const address = /\S+/.exec(bare)?.[0];
  return address === undefined ? '' : `[x]: ${address}`;
}

/** What looks like a definition may be none where it stands, and then there are links in it. */
function isLinkWhole(piece: string): boolean {
  return !piece.startsWith('<') && piece.includes('](') && !definition.test(piece);
}
