import { expect, it } from 'vitest';
import { VisualPath } from '../../../engine/answering/visual-path.ts';
import type { Model } from '../../../engine/models/model.ts';
import type { GraphSession, OpenGraph } from '../../../engine/runtime/graph-session.ts';

/** Encoders with these keys, each one frame of one level. */
function modelOf(keys: readonly string[]): Pick<Model, 'encoders' | 'visual'> {
  const spec = { graph: 'encoder.onnx', framesPerStep: 1, clipFrames: null, size: 1 };
  const encoders = keys.map((key) => ({ id: 'eye', folder: key, part: { key, name: key }, spec, frames: 1 }));
  const visual = { folder: 'fusion', part: { name: 'fusion' }, spec: { graph: 'visual.onnx' } };
  return { encoders, visual } as unknown as Pick<Model, 'encoders' | 'visual'>;
}

it('encoders that two models share stay loaded when one follows the other, and are freed once', async () => {
  const loaded: string[] = [];
  const freed: string[] = [];
  const openGraph: OpenGraph = async ({ file }) => {
    loaded.push(file);
    return { release: async () => void freed.push(file) } as unknown as GraphSession;
  };
  const path = (keys: readonly string[]) => new VisualPath(modelOf(keys), openGraph, () => {});
  const [first, second] = [path(['a', 'b']), path(['b', 'c'])];
  await first.warm();
  second.takeOver(first);
  await first.release();
  await second.warm();
  expect(loaded.filter((file) => file.startsWith('b'))).toHaveLength(1);
  expect(freed).toEqual(['a/encoder.onnx', 'fusion/visual.onnx']);
  await second.release();
  await first.release();
  expect(freed.sort()).toEqual(loaded.sort());
});
