/** What a text had in it that no reader sees; the values are stable. */
export type HiddenTextFlag =
  /** Zero-width and other characters without a glyph. */
  | 'hidden_characters'
  /** Embeddings, overrides and isolates, which show text in another order than it is read. */
  | 'bidi_controls'
  /** Unicode's tag characters and supplementary variation selectors, which can spell out a text unseen. */
  | 'tag_characters'
  | 'html_comment'
  /** Text that a page's or document's own styles hide; parsing takes it out. */
  | 'hidden_text';

/** A text as a reader sees it, with the way back to where each of its characters stands. */
export interface VisibleText {
  readonly text: string;
  /** In a fixed order, each once; empty where nothing suspicious was removed. */
  readonly flags: readonly HiddenTextFlag[];
  /** The place in the given text of a place in `text`, UTF-16 code units. */
  originOf(position: number): number;
}

const comment = String.raw`<!--[\s\S]*?(?:-->|$)`;
/** Overrides and isolates, and the marks of direction, which are common in right-to-left text. */
const bidiControl = String.raw`[\u202a-\u202e\u2066-\u2069]`;
/** Flags of regions are a black flag with a few tags behind it. */
const tags = String.raw`(?<!\u{1f3f4}[\u{e0020}-\u{e007e}]{0,6})[\u{e0000}-\u{e007f}]|[\u{e0100}-\u{e01ef}]`;
/** Between Arabic, Indic and other letters that join, and inside emoji, a joiner is spelling. */
const joiner = String.raw`(?<![\p{Join_C}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}])[\u200c\u200d]`;
const zeroWidth = String.raw`[\u200b\u2060-\u2064\u206a-\u206f\ufeff\u180e\ufff9-\ufffb\u115f\u1160\u3164\uffa0]`;
/** Removed without a word: hyphens where a word may be divided, and marks of direction. */
const harmless = String.raw`[\u00ad\u200e\u200f\u061c]`;

const hidden = new RegExp(
  `(?<comment>${comment})|(?<bidi>${bidiControl})|(?<tag>${tags})|(?<zero>${zeroWidth}|${joiner})|${harmless}`,
  'gu',
);
const hiddenCharacter = new RegExp(`${bidiControl}|${tags}|${zeroWidth}|${joiner}|${harmless}`, 'gu');
const maybeHidden =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e01ef}]|<!--/u;

const flagOfGroup: Readonly<Record<string, HiddenTextFlag>> = {
  zero: 'hidden_characters',
  bidi: 'bidi_controls',
  tag: 'tag_characters',
  comment: 'html_comment',
};

/**
 * Removes what no reader sees: characters without a glyph, controls of direction, tag characters, comments of HTML.
 * Pure; the given text and its offsets stay what they are.
 */
export function visibleText(text: string): VisibleText {
  if (!maybeHidden.test(text)) return { text, flags: [], originOf: (position) => position };
  const removed: { readonly at: number; readonly length: number }[] = [];
  const found = new Set<HiddenTextFlag>();
  let visible = '';
  let from = 0;
  for (const match of text.matchAll(hidden)) {
    visible += text.slice(from, match.index);
    removed.push({ at: visible.length, length: match[0].length });
    from = match.index + match[0].length;
    for (const [group, flag] of Object.entries(flagOfGroup)) {
      if (match.groups?.[group] !== undefined) found.add(flag);
    }
  }
  visible += text.slice(from);
  return {
    text: visible,
    flags: Object.values(flagOfGroup).filter((flag) => found.has(flag)),
    originOf(position) {
      let origin = position;
      for (const { at, length } of removed) {
        if (at > position) break;
        origin += length;
      }
      return origin;
    },
  };
}

/** The flags of `visibleText` alone. */
export function hiddenTextFlags(text: string): readonly HiddenTextFlag[] {
  return maybeHidden.test(text) ? visibleText(text).flags : [];
}

/** Where `visibleText` would remove something between two places of a text, comments aside. */
export function hiddenRanges(text: string, from: number, to: number): [start: number, end: number][] {
  const found: [number, number][] = [];
  if (!maybeHidden.test(text.slice(from, to))) return found;
  hiddenCharacter.lastIndex = from;
  for (let match = hiddenCharacter.exec(text); match !== null; match = hiddenCharacter.exec(text)) {
    const end = match.index + match[0].length;
    if (end > to) break;
    found.push([match.index, end]);
  }
  return found;
}
