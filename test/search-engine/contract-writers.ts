import { describe, expect, it } from 'vitest';
import { EngineMismatch, RevisionConflict } from '../../domain/errors.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildRecord,
  buildWrite,
  type DocumentSketch,
  drawUnitVector,
  putDocument,
} from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';
import { chunkNames, numberedTexts, viewTenant } from './tenant-view.ts';

const timeoutMs = 60_000;

/** Writers at one document: one wins, and what is refused leaves no trace. */
export function describeWriters(subject: CurrentSubject): void {
  describe('writers of one document', () => {
    const freshScope = () => scopes.operator(freshTenant());

    it('throws RevisionConflict and writes nothing where the stored revision is another', async () => {
      const scope = freshScope();
      const { documents, dimensions } = subject();
      const write = (text: string, expected: string | undefined) =>
        documents.replace(
          scope,
          buildWrite(scope.tenantId, { documentId: 'a', title: text, chunks: [text] }, dimensions, expected),
        );
      await expect(write('never', 'no such revision')).rejects.toBeInstanceOf(RevisionConflict);
      expect(await documents.record(scope, 'a')).toBeUndefined();
      await write('one', undefined);
      const first = (await documents.record(scope, 'a'))!.revision;
      await expect(write('never', undefined)).rejects.toBeInstanceOf(RevisionConflict);
      await write('two', first);
      const second = (await documents.record(scope, 'a'))!.revision;
      expect(second).not.toBe(first);
      await expect(write('never', first)).rejects.toBeInstanceOf(RevisionConflict);
      await expect(
        documents.replace(scope, {
          record: buildRecord(scope.tenantId, { documentId: 'a', title: 'never' }),
          expected: first,
        }),
      ).rejects.toBeInstanceOf(RevisionConflict);
      expect((await documents.record(scope, 'a'))!.record.content!.title).toBe('two');
      expect((await viewTenant(subject(), scope, 'never')).lexical).toEqual([]);
      expect((await viewTenant(subject(), scope, 'two')).lexical).toEqual(['a#0']);
      expect((await viewTenant(subject(), scope, 'one')).lexical).toEqual([]);
    });

    it.each([
      ['a new document', undefined],
      ['a stored document', ['old 0', 'old 1', 'old 2']],
    ])(
      'lets exactly one of eight writers of %s win, and keeps all of its and nothing of the others',
      async (_, chunks) => {
        const scope = freshScope();
        const { documents, dimensions } = subject();
        if (chunks !== undefined) await putDocument(subject(), scope, { documentId: 'a', chunks });
        const expected = (await documents.record(scope, 'a'))?.revision;
        const writers = Array.from(
          { length: 8 },
          (_, at): DocumentSketch => ({
            documentId: 'a',
            title: `writer${at}`,
            version: BigInt(at + 2),
            metadata: { k: `writer${at}` },
            chunks: numberedTexts(`needle writer${at}`, at + 1),
          }),
        );
        const outcomes = await Promise.allSettled(
          writers.map((sketch) =>
            documents.replace(scope, buildWrite(scope.tenantId, sketch, dimensions, expected)),
          ),
        );
        const winners = writers.filter((_, at) => outcomes[at]!.status === 'fulfilled');
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RevisionConflict);
        }
        const winner = winners[0]!;
        const count = winner.chunks!.length;
        expect((await documents.record(scope, 'a'))!.record).toEqual(buildRecord(scope.tenantId, winner));
        expect(await viewTenant(subject(), scope, 'needle')).toEqual({
          lexical: chunkNames('a', count),
          dense: chunkNames('a', count),
          facets: { key: 'k', values: [{ value: winner.title, documents: 1 }] },
          listed: [`a: ${count}`],
        });
        const texts = (await documents.chunks(scope, 'a')).map(({ text }) => text);
        expect(texts).toEqual(winner.chunks);
        expect((await viewTenant(subject(), scope, 'old')).lexical).toEqual([]);
      },
      timeoutMs,
    );

    it(
      'loses no write of many writers that read again after a conflict',
      async () => {
        const scope = freshScope();
        const { documents, dimensions } = subject();
        let conflicts = 0;
        const append = async (word: string) => {
          for (;;) {
            const stored = await documents.record(scope, 'a');
            const held = (stored?.record.metadata?.value.words ?? []) as readonly string[];
            const words = [...held, word].sort();
            const sketch = { documentId: 'a', metadata: { words }, chunks: words };
            try {
              await documents.replace(
                scope,
                buildWrite(scope.tenantId, sketch, dimensions, stored?.revision),
              );
              return;
            } catch (error) {
              if (!(error instanceof RevisionConflict)) throw error;
              conflicts += 1;
              if (conflicts > 500) throw error;
            }
          }
        };
        const all = Array.from({ length: 6 }, (_, at) => `word${at}`);
        await Promise.all(all.map(append));
        expect((await documents.record(scope, 'a'))!.record.metadata!.value.words).toEqual(all);
        expect((await documents.chunks(scope, 'a')).map(({ text }) => text)).toEqual(all);
        expect((await viewTenant(subject(), scope, all.join(' '))).lexical).toEqual(chunkNames('a', 6));
      },
      timeoutMs,
    );

    it(
      'serves readers of a document that is written again and again',
      async () => {
        const scope = freshScope();
        await putDocument(subject(), scope, { documentId: 'other', chunks: ['needle other'] });
        await subject().documents.refresh(scope);
        const rounds = 15;
        const write = async () => {
          for (let round = 1; round <= rounds; round += 1) {
            const chunks = numberedTexts(`needle round${round}`, 1 + (round % 4));
            await putDocument(subject(), scope, { documentId: 'a', chunks, version: BigInt(round) });
            await subject().documents.refresh(scope);
          }
        };
        let isWriting = true;
        const read = async () => {
          while (isWriting) {
            const { lexical, dense } = await subject().engine.find(scope, {
              lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 100 },
              dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 100 },
            });
            expect([lexical!.failed, dense!.failed]).toEqual([undefined, undefined]);
            const shown = await subject().engine.fetch(scope, lexical!.hits, {
              parents: true,
              highlight: 'needle',
            });
            expect(shown.map(({ text }) => text)).toContain('needle other');
            const read = await subject().documents.chunks(scope, 'a');
            expect(read.map(({ ordinal }) => ordinal)).toEqual(read.map((_, at) => at));
          }
        };
        await Promise.all([write().finally(() => (isWriting = false)), read()]);
        expect((await viewTenant(subject(), scope, `round${rounds}`)).lexical).toEqual(
          chunkNames('a', 1 + (rounds % 4)),
        );
        expect((await viewTenant(subject(), scope, 'needle')).lexical).toHaveLength(2 + (rounds % 4));
      },
      timeoutMs,
    );

    it('throws EngineMismatch and changes nothing for vectors of other dimensions', async () => {
      const scope = freshScope();
      const { documents, dimensions } = subject();
      const sketch = { documentId: 'a', title: 'before', chunks: ['needle'] };
      await putDocument(subject(), scope, sketch);
      const stored = (await documents.record(scope, 'a'))!;
      for (const wrong of [dimensions - 1, dimensions + 1, dimensions * 2, 0]) {
        const good = buildWrite(
          scope.tenantId,
          { ...sketch, title: 'after', chunks: ['new', 'newer'] },
          dimensions,
          stored.revision,
        );
        const [first, second] = good.chunks!.chunks;
        const bad = {
          ...second!,
          vector: new Float32Array(wrong).fill(1 / Math.sqrt(wrong || 1)),
          fingerprint: `wrong ${wrong}`,
        };
        const write = { ...good, chunks: { chunks: [first!, bad], parents: [] } };
        await expect(documents.replace(scope, write)).rejects.toBeInstanceOf(EngineMismatch);
        await expect(
          documents.replace(scope, {
            ...write,
            record: { ...write.record, documentId: 'b' },
            expected: undefined,
          }),
        ).rejects.toBeInstanceOf(EngineMismatch);
      }
      expect(await documents.record(scope, 'a')).toEqual(stored);
      expect(await documents.record(scope, 'b')).toBeUndefined();
      expect((await viewTenant(subject(), scope, 'needle')).lexical).toEqual(['a#0']);
      const seen = await viewTenant(subject(), scope, 'new newer after');
      expect([seen.lexical, seen.dense, seen.listed]).toEqual([[], ['a#0'], ['a: 1']]);
    });
  });
}
