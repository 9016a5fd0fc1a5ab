import { type DocumentEvent, isKept } from '../domain/change-event.ts';
import { canonicalJson } from '../domain/document-record.ts';

/** What is left to apply of several events, and what need not be. */
export interface MergedEvents<T> {
  /** By version, lowest first. */
  readonly applied: readonly T[];
  /** Would lose to one of `applied` in each part that they carry. */
  readonly superseded: readonly T[];
}

/**
 * Merges the queued events of one document and one source, so that only what can win is parsed and embedded: at most one
 * content, and the patches above it. The end state is that of all events in any order.
 *
 * @param eventOf the event of an item
 */
export function mergeEvents<T>(items: readonly T[], eventOf: (item: T) => DocumentEvent): MergedEvents<T> {
  const ordered = items.toSorted((left, right) => compareVersions(eventOf(left), eventOf(right)));
  const distinct: T[] = [];
  const superseded: T[] = [];
  for (const item of ordered) {
    const isRepeat = distinct.some((earlier) => isSameEvent(eventOf(earlier), eventOf(item)));
    (isRepeat ? superseded : distinct).push(item);
  }
  // What is kept depends on the events below, so that none of them may go.
  if (distinct.some((item) => keepsValues(eventOf(item)))) return { applied: distinct, superseded };
  const highest = { content: -1n, label: -1n, metadata: -1n, access: -1n, expiry: -1n };
  for (const item of distinct) {
    for (const part of partsOf(eventOf(item))) {
      if (eventOf(item).version > highest[part]) highest[part] = eventOf(item).version;
    }
  }
  const deletion = distinct.findLast((item) => eventOf(item).operation === 'delete');
  const deletedAt = deletion === undefined ? -1n : eventOf(deletion).version;
  const applied: T[] = [];
  for (const item of distinct) {
    const event = eventOf(item);
    const canWin = partsOf(event).some((part) => event.version === highest[part]);
    // At one version a deletion wins.
    const isDeleted = event.version === deletedAt && event.operation !== 'delete';
    (canWin && !isDeleted ? applied : superseded).push(item);
  }
  return { applied, superseded };
}

type Part = 'content' | 'label' | 'metadata' | 'access' | 'expiry';

function partsOf(event: DocumentEvent): readonly Part[] {
  if (event.operation === 'patch') {
    return [
      ...(event.metadata === undefined ? [] : (['metadata'] as const)),
      ...(event.access === undefined ? [] : (['access'] as const)),
      ...(event.expiresAt === undefined ? [] : (['expiry'] as const)),
    ];
  }
  if (event.operation === 'upsert' && isKept(event.content)) return ['label', 'metadata', 'access', 'expiry'];
  return ['content', 'label', 'metadata', 'access', 'expiry'];
}

function keepsValues(event: DocumentEvent): boolean {
  return (
    event.operation === 'upsert' && ((event.keptMetadata?.length ?? 0) > 0 || (event.kept?.length ?? 0) > 0)
  );
}

function compareVersions(left: DocumentEvent, right: DocumentEvent): number {
  return left.version < right.version ? -1 : left.version > right.version ? 1 : 0;
}

/** The same change, wherever it stands in the feed. */
function isSameEvent(left: DocumentEvent, right: DocumentEvent): boolean {
  if (left.version !== right.version || left.operation !== right.operation) return false;
  const { content: leftContent, ...leftRest } = withoutPlace(left);
  const { content: rightContent, ...rightRest } = withoutPlace(right);
  return isSameContent(leftContent, rightContent) && canonicalJson(leftRest) === canonicalJson(rightRest);
}

function withoutPlace(event: DocumentEvent) {
  const { position: _, occurredAt: __, log: ___, ...rest } = event;
  return { content: undefined, ...rest };
}

function isSameContent(left: unknown, right: unknown): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right) === 0;
  if (typeof left === 'string' || typeof right === 'string') return left === right;
  if (left instanceof Uint8Array || right instanceof Uint8Array) return false;
  return canonicalJson(left ?? null) === canonicalJson(right ?? null);
}
