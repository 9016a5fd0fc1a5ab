/** Parts of a text that were replaced, rising and not overlapping. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** What was done to a growing text, and where its places have gone. */
export class Edits {
  readonly #edits: (Edit & { readonly shift: number })[] = [];
  #shift = 0;

  /** Must start where the last one ended, or later. */
  add(edit: Edit): void {
    this.#shift += edit.replacement.length - (edit.end - edit.start);
    this.#edits.push({ ...edit, shift: this.#shift });
  }

  /** Where a range of the text as it was stands in the text as it is: a replaced part is covered whole. */
  map(start: number, end: number): readonly [start: number, end: number] {
    return [this.#place(start, 'start'), this.#place(end, 'end')];
  }

  /** Whether all of a range, of the text as it was, was replaced. */
  covers(start: number, end: number): boolean {
    return this.#edits.some((edit) => edit.start <= start && edit.end >= end);
  }

  #place(place: number, side: 'start' | 'end'): number {
    let shift = 0;
    for (const edit of this.#edits) {
      if (place < edit.end && place > edit.start) {
        return side === 'start' ? edit.start + shift : edit.end + edit.shift;
      }
      // What is put in at a range's end belongs to it only where the range covers what it replaces.
      if (place < edit.end || (place === edit.end && edit.start === edit.end && side === 'end')) break;
      shift = edit.shift;
    }
    return place + shift;
  }
}
