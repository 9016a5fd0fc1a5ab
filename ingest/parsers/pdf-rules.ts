/** A straight line along an axis, in the coordinates of the page's text. */
export interface PdfRule {
  readonly isHorizontal: boolean;
  /** Its y where it is horizontal, else its x. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** Takes in what a page draws, piece by piece, and keeps the rules of it alone. */
export interface PdfRuleReader {
  /** One operator of pdf.js with its arguments. */
  add(code: number, values: unknown): void;
  /** The lines and thin bars along the axes; none where the page is a drawing. */
  readonly rules: readonly PdfRule[];
}

/** The numbers of pdf.js for what is drawn. */
export type PdfOperatorCodes = Readonly<
  Record<
    | 'save'
    | 'restore'
    | 'transform'
    | 'paintFormXObjectBegin'
    | 'paintFormXObjectEnd'
    | 'constructPath'
    | 'stroke'
    | 'closeStroke'
    | 'fill'
    | 'eoFill'
    | 'fillStroke'
    | 'eoFillStroke'
    | 'closeFillStroke'
    | 'closeEOFillStroke',
    number
  >
>;

type Matrix = readonly number[];
type Point = readonly [x: number, y: number];

/** A filled bar is a rule up to this thickness; in points, as all that follows. */
const maxThickness = 3;
const minLength = 5;
const slant = 0.5;
/** Pages with more are drawings. */
const maxRules = 20_000;
const maxSaved = 10_000;
/** In the paths of pdf.js: the numbers of its parts, and how many coordinates follow each. */
const pathPart = { move: 0, line: 1, curve: 2, quadratic: 3, close: 4 } as const;
const pathLengths = [2, 2, 6, 4, 0];

export function createRuleReader(codes: PdfOperatorCodes): PdfRuleReader {
  const strokes = new Set([
    codes.stroke,
    codes.closeStroke,
    codes.fillStroke,
    codes.eoFillStroke,
    codes.closeFillStroke,
    codes.closeEOFillStroke,
  ]);
  const fills = new Set([codes.fill, codes.eoFill]);
  const rules: PdfRule[] = [];
  const saved: Matrix[] = [];
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  return {
    get rules() {
      return rules.length > maxRules ? [] : rules;
    },
    add(code, values) {
      if (rules.length > maxRules) return;
      if (code === codes.save && saved.length < maxSaved) saved.push(matrix);
      else if (code === codes.restore || code === codes.paintFormXObjectEnd) matrix = saved.pop() ?? matrix;
      else if (code === codes.transform) matrix = multiply(matrix, values as Matrix);
      else if (code === codes.paintFormXObjectBegin) {
        saved.push(matrix);
        const own = (values as readonly unknown[] | null)?.[0] as Matrix | null | undefined;
        if (own?.length === 6) matrix = multiply(matrix, own);
      } else if (code === codes.constructPath) {
        const [paint, paths] = values as [number, readonly (ArrayLike<number> | null)[]];
        const path = paths[0];
        if (path === null || path === undefined) return;
        if (strokes.has(paint)) addEdges(rules, path, matrix);
        else if (fills.has(paint)) addBars(rules, path, matrix);
      }
    },
  };
}

function addEdges(rules: PdfRule[], path: ArrayLike<number>, matrix: Matrix): void {
  for (const points of subpaths(path, matrix)) {
    for (let at = 1; at < points.length; at++) {
      const [x, y] = points[at - 1]!;
      const [endX, endY] = points[at]!;
      if (Math.abs(y - endY) <= slant) addRule(rules, true, (y + endY) / 2, x, endX);
      else if (Math.abs(x - endX) <= slant) addRule(rules, false, (x + endX) / 2, y, endY);
    }
  }
}

function addBars(rules: PdfRule[], path: ArrayLike<number>, matrix: Matrix): void {
  for (const points of subpaths(path, matrix)) {
    if (points.length < 4 || points.length > 5) continue;
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    if (top - bottom <= maxThickness) addRule(rules, true, (top + bottom) / 2, left, right);
    else if (right - left <= maxThickness) addRule(rules, false, (left + right) / 2, bottom, top);
  }
}

function addRule(rules: PdfRule[], isHorizontal: boolean, at: number, start: number, end: number): void {
  const [from, to] = start < end ? [start, end] : [end, start];
  if (to - from >= minLength) rules.push({ isHorizontal, at, from, to });
}

/** The corners of each part of a path; parts with curves are left out. */
function* subpaths(path: ArrayLike<number>, matrix: Matrix): Iterable<Point[]> {
  let points: Point[] = [];
  let isStraight = true;
  for (let at = 0; at < path.length; ) {
    const part = path[at]!;
    const length = pathLengths[part];
    if (length === undefined) return;
    if (part === pathPart.move) {
      if (isStraight && points.length > 1) yield points;
      points = [];
      isStraight = true;
    }
    if (part === pathPart.close) {
      if (points.length > 0) points.push(points[0]!);
    } else if (part === pathPart.move || part === pathPart.line) {
      points.push(apply(matrix, path[at + 1]!, path[at + 2]!));
    } else isStraight = false;
    at += 1 + length;
  }
  if (isStraight && points.length > 1) yield points;
}

function apply([a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]: Matrix, x: number, y: number): Point {
  return [a * x + c * y + e, b * x + d * y + f];
}

function multiply(outer: Matrix, inner: Matrix): Matrix {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = inner;
  const [x, y] = apply(outer, e, f);
  const [zeroX, zeroY] = apply(outer, 0, 0);
  const [ax, ay] = apply(outer, a, b);
  const [cx, cy] = apply(outer, c, d);
  return [ax - zeroX, ay - zeroY, cx - zeroX, cy - zeroY, x, y];
}
