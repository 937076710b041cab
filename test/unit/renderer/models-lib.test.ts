import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../../engine/contract/models.ts';
import { absoluteLink } from '../../../renderer/lib/absolute-link.ts';
import { dropKind } from '../../../renderer/lib/drop-kind.ts';
import { overallFraction, stageAmount, stageWords, timeLeft } from '../../../renderer/lib/job-words.ts';
import {
  diskOf,
  fitOf,
  memoryWithout,
  precisionsOf,
  qualityWords,
  usualMemory,
  withAdapters,
} from '../../../renderer/lib/model-facts.ts';
import { formatRough, formatSpeed } from '../../../renderer/lib/numbers.ts';
import { layOut } from '../../../renderer/lib/parts-graph.ts';
import { detailOf, manyModels, mervFull } from './support/manager-content.ts';
import { scriptedJob } from './support/scripted-jobs.ts';

describe('the parts of models', () => {
  it('are counted once on disk, however many models use them', () => {
    const disk = diskOf(manyModels);
    const apart = manyModels.reduce((sum, model) => sum + model.bytes, 0);
    const shared = mervFull.parts.filter((part) => part.sharedWith.length > 0);
    expect(disk.bytes + disk.saved).toBe(apart);
    expect(disk.saved).toBe(shared.reduce((sum, part) => sum + part.bytes, 0));
    expect(diskOf([])).toEqual({ bytes: 0, saved: 0 });
  });

  it('stand under the model that they are with an adapter, while that is there', () => {
    const [base, other] = [mervFull, { ...mervFull, id: 'other' }];
    const beside = { ...mervFull, id: 'beside', adapterOf: base.id };
    const left = { ...mervFull, id: 'left', adapterOf: 'gone' };
    const parts = base.parts.map((part) => (part.role === 'languageModel' ? { ...part, key: 'old' } : part));
    const old = { ...beside, id: 'old', parts };
    expect(withAdapters([beside, other, base, left, old])).toEqual([
      { model: other, adapters: [] },
      { model: base, adapters: [beside] },
      { model: left, adapters: [] },
      { model: old, adapters: [] },
    ]);
  });

  it('are named with their precisions, finest first', () => {
    expect(precisionsOf(mervFull.parts)).toBe('fp16 · int8 · int4');
    expect(precisionsOf([{ precision: null }])).toBe('');
  });

  it('say how far they are from fp32, and never round up to perfect', () => {
    const words = (meanCosine: number) =>
      qualityWords({ kind: 'features', meanCosine, minCosine: 0.9, tokens: 8 });
    expect(words(0.9999999).figures).toContain('> 0.99999');
    expect(words(1).figures).toContain('1.00000');
    expect(words(0.98).grade).toBe('off');
    const logits = (greedyAgreement: number) =>
      qualityWords({ kind: 'logits', meanKl: 0.02, maxKl: 0.5, greedyAgreement, tokens: 8 });
    expect(logits(0.9981).figures).toContain('99.81 %');
    expect(
      qualityWords({ kind: 'logits', meanKl: 2e-7, maxKl: 0.5, greedyAgreement: 1, tokens: 8 }).figures,
    ).toContain('KL < 0.0001');
    expect(logits(0.96).grade).toBe('close');
    expect(logits(0.5).grade).toBe('off');
  });
});

describe('figures', () => {
  it('stay readable however large', () => {
    expect([0.42, 6.44, 9.96, 135, 4912].map(formatSpeed)).toEqual(['0.4', '6.4', '10', '135', '4,912']);
    expect([12, 4_213, 1_284_000, 6.7e9].map(formatRough)).toEqual(['12', '4.2 k', '1.3 M', '6.7 B']);
  });
});

describe('fit', () => {
  it('leaves the machine some memory for itself', () => {
    expect(fitOf(8e9, 16e9)).toBe('fits');
    expect(fitOf(15e9, 16e9)).toBe('tight');
    expect(fitOf(17e9, 16e9)).toBe('over');
  });

  it('grows with frames and context and shrinks without an encoder', () => {
    const usual = usualMemory(mervFull);
    expect(usual.frames).toBe(32);
    expect(usual.context).toBe(2048);
    expect(memoryOf(mervFull.memory, 64, usual.context)).toBeGreaterThan(usual.bytes);
    const largest = mervFull.encoders[2]!.id;
    const without = memoryWithout(mervFull, new Set([largest]));
    const part = mervFull.parts.find((each) => each.id === largest)!;
    expect(without.weights).toBe(mervFull.memory.weights - part.bytes);
    expect(without.perFrame[largest]).toBeUndefined();
    expect(memoryOf(without, usual.frames, usual.context)).toBeLessThan(usual.bytes);
  });
});

describe('the drawing of a model', () => {
  it('leads from left to right, with every node in a place of its own', () => {
    const { joins } = detailOf(mervFull);
    const graph = layOut(joins);
    const at = new Map(graph.nodes.map((node) => [node.id, node]));
    for (const { from, to } of joins) expect(at.get(from)!.column).toBeLessThan(at.get(to)!.column);
    for (const a of graph.nodes) {
      expect(a.row).toBeGreaterThanOrEqual(0);
      expect(a.row).toBeLessThanOrEqual(graph.rows - 1);
      for (const b of graph.nodes)
        if (a !== b && a.column === b.column) expect(Math.abs(a.row - b.row)).toBeGreaterThanOrEqual(1);
    }
    // The video stands in the middle of its encoders, the question beside the tokenizer.
    expect(at.get('video')?.row).toBeCloseTo(1.5);
    expect(at.get('question')?.column).toBe(at.get('video')?.column);
    expect(graph).toMatchObject({ columns: 5, rows: 5 });
  });

  it('ends for joins that go in a circle, and draws a model of one part', () => {
    const circle = [
      { from: 'a', to: 'b', label: '' },
      { from: 'b', to: 'a', label: '' },
    ];
    expect(layOut(circle).nodes).toHaveLength(2);
    expect(layOut(detailOf(manyModels[3]!).joins).columns).toBe(3);
  });
});

describe('a job', () => {
  const base = scriptedJob({ kind: 'install', title: 'Install X', modelId: 'x' });
  it('says what it is at, how far, and for how long', () => {
    const stage = {
      name: 'download',
      detail: 'a.gguf',
      done: 1_200_000_000,
      total: 3_400_000_000,
      unit: 'bytes',
    } as const;
    expect(stageWords({ ...base, stage })).toBe('Downloading a.gguf');
    expect(stageAmount(stage)).toBe('1.2 GB of 3.4 GB');
    expect(stageAmount({ ...stage, total: 0 })).toBe('');
    expect(stageAmount({ ...stage, done: 0, total: 1, unit: 'files' })).toBe('0 of 1 file');
    expect(stageWords({ ...base, state: 'done', kind: 'move' })).toBe('Moved');
    expect([0.2, 59, 90, 3_600, 4_860].map(timeLeft)).toEqual([
      '1 s left',
      '59 s left',
      '2 min left',
      '1 h left',
      '1 h 21 min left',
    ]);
  });

  it('counts in the ring only while it is on', () => {
    expect(overallFraction([{ ...base, state: 'paused', fraction: 0.5 }])).toBeNull();
    expect(
      overallFraction([
        { ...base, fraction: 0.5 },
        { ...base, state: 'queued' },
      ]),
    ).toBe(0.25);
  });
});

describe('what comes from outside', () => {
  it('is told apart by its name, and by the screen where the name says nothing', () => {
    expect(dropKind('model-Q4_K_M.GGUF', false)).toBe('model');
    expect(dropKind('shared.mervmodel', false)).toBe('model');
    expect(dropKind('clip.mp4', true)).toBe('video');
    expect(dropKind('folder', true)).toBe('model');
    expect(dropKind('folder', false)).toBe('video');
  });

  it('may link to https only, seen from its repository', () => {
    const base = 'https://huggingface.co/tyleryzhu/merv';
    expect(absoluteLink('https://arxiv.org/abs/1', base)).toBe('https://arxiv.org/abs/1');
    expect(absoluteLink('LICENSE', base)).toBe(`${base}/blob/main/LICENSE`);
    for (const href of ['#top', 'http://example.org', 'javascript:alert(1)', 'file:///etc/passwd', undefined])
      expect(absoluteLink(href, base)).toBeNull();
  });
});
