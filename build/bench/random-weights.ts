import { seededRandom } from '../../engine/runtime/seeded-random.ts';
import type { TensorSource } from '../../engine/weights/tensor-source.ts';

export type Shapes = Map<string, readonly number[]>;

/** Drawn once and repeated, each weight from another place on: ONNX Runtime keeps equal weights only once. */
let drawn: Float32Array | null = null;

function values(): Float32Array {
  const random = seededRandom(1);
  drawn ??= new Float32Array((1 << 20) - 3).map(() => 0.08 * (random() - 0.5));
  return drawn;
}

/** Weights of these shapes whose values mean nothing: times do not depend on them. Norms scale by 1. */
export function randomSource(shapes: Shapes): TensorSource {
  return {
    tensors: new Map([...shapes].map(([name, shape]) => [name, { name, shape, type: 'F32' }])),
    read: async (name) => {
      const length = shapes.get(name)!.reduce((a, b) => a * b, 1);
      const result = new Float32Array(length);
      if (/norm\d?\.weight$|gamma$/.test(name)) return result.fill(1);
      const table = values();
      for (let at = 0, from = hashOf(name) % table.length; at < length; from = 0) {
        const part = table.subarray(from, from + length - at);
        result.set(part, at);
        at += part.length;
      }
      return result;
    },
    close: async () => {},
  };
}

/** FNV-1a, not negative. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
