import type { PdfRule } from './pdf-rules.ts';

/** Cells that rules draw. */
export interface PdfGrid {
  /** Of the vertical rules, rising. */
  readonly xs: readonly number[];
  /** Of the horizontal rules, falling: the first row is on top. */
  readonly ys: readonly number[];
  /** Whether a rule stands on the right of a cell, and below it. */
  hasRight(row: number, column: number): boolean;
  hasBelow(row: number, column: number): boolean;
}

/** Rules that are one, and rules that meet, are no further apart; in points. */
const sameRule = 2;
const reach = 3;
/** What stands out less is no cell. */
const minCell = 8;
/** A page that has more, once those that go on in each other are one, is a drawing. */
const maxRules = 1_000;
const maxRows = 500;
const maxColumns = 60;

/** Finds the grids of two rows and two columns at least that the rules of a page make. */
export function findGrids(rules: readonly PdfRule[]): PdfGrid[] {
  const horizontal = join(rules.filter((rule) => rule.isHorizontal));
  const vertical = join(rules.filter((rule) => !rule.isHorizontal));
  if (horizontal.length + vertical.length > maxRules) return [];
  return groups(horizontal, vertical).flatMap(({ across, down }) => {
    const xs = places(down, across);
    const ys = places(across, down).reverse();
    if (xs.length < 3 || ys.length < 3 || xs.length > maxColumns || ys.length > maxRows) return [];
    const covers = (among: readonly PdfRule[], at: number, middle: number) =>
      among.some((rule) => Math.abs(rule.at - at) <= sameRule && rule.from <= middle && middle <= rule.to);
    return [
      {
        xs,
        ys,
        hasRight: (row, column) => covers(down, xs[column + 1]!, (ys[row]! + ys[row + 1]!) / 2),
        hasBelow: (row, column) => covers(across, ys[row + 1]!, (xs[column]! + xs[column + 1]!) / 2),
      },
    ];
  });
}

/** Rules on one line that touch become one: many writers draw the edges of each cell. */
function join(rules: readonly PdfRule[]): PdfRule[] {
  const joined: PdfRule[] = [];
  let line: PdfRule[] = [];
  const flush = (): void => {
    let open: PdfRule | undefined;
    for (const rule of line.sort((left, right) => left.from - right.from)) {
      if (open !== undefined && rule.from <= open.to + reach) {
        open = { ...open, to: Math.max(open.to, rule.to) };
      } else {
        if (open !== undefined) joined.push(open);
        open = rule;
      }
    }
    if (open !== undefined) joined.push(open);
    line = [];
  };
  for (const rule of rules.toSorted((left, right) => left.at - right.at)) {
    if (line.length > 0 && rule.at - line[0]!.at > sameRule) flush();
    line.push(rule);
  }
  flush();
  return joined;
}

interface Group {
  readonly across: PdfRule[];
  readonly down: PdfRule[];
}

/** Rules that meet, directly or by way of others. */
function groups(horizontal: readonly PdfRule[], vertical: readonly PdfRule[]): Group[] {
  const found: Group[] = [];
  const left = new Set([...horizontal, ...vertical]);
  for (const start of horizontal) {
    if (!left.delete(start)) continue;
    const group: Group = { across: [], down: [] };
    const open: PdfRule[] = [start];
    for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
      (rule.isHorizontal ? group.across : group.down).push(rule);
      for (const other of rule.isHorizontal ? vertical : horizontal) {
        if (left.has(other) && meets(rule, other)) {
          left.delete(other);
          open.push(other);
        }
      }
    }
    found.push(group);
  }
  return found;
}

function meets(one: PdfRule, other: PdfRule): boolean {
  const isOn = (rule: PdfRule, at: number) => at >= rule.from - reach && at <= rule.to + reach;
  return isOn(one, other.at) && isOn(other, one.at);
}

/** Where rules stand, and the ends of those across them: tables are often open at their sides. */
function places(rules: readonly PdfRule[], across: readonly PdfRule[]): number[] {
  const sorted = rules.map(({ at }) => at).sort((left, right) => left - right);
  const distinct = sorted.filter((at, index) => index === 0 || at - sorted[index - 1]! > sameRule);
  const start = Math.min(...across.map(({ from }) => from));
  const end = Math.max(...across.map(({ to }) => to));
  const isOpenAtStart = distinct.length > 0 && start < distinct[0]! - minCell;
  const isOpenAtEnd = distinct.length > 0 && end > distinct.at(-1)! + minCell;
  return [...(isOpenAtStart ? [start] : []), ...distinct, ...(isOpenAtEnd ? [end] : [])];
}
