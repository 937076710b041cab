import { PickleWriter } from './pickle-writer.ts';
import { encodedBytes, type OutgoingTensor, sizeOf } from './write-safetensors.ts';
import { type ZipFile, zipBytes } from './write-zip.ts';

/** Dictionaries of dictionaries of tensors, by name. */
export interface TensorTree {
  readonly [name: string]: OutgoingTensor | TensorTree;
}

const storages = { F32: 'FloatStorage', BF16: 'BFloat16Storage' } as const;

/**
 * The bytes of a file that torch.load opens, also with `weights_only`: what torch.save writes of nested dictionaries of
 * tensors (torch/serialization.py, `_save`). A tensor's `name` is not used; the tree names it.
 */
export function pytorchBytes(tree: TensorTree): AsyncGenerator<Uint8Array> {
  const pickle = new PickleWriter();
  const tensors: OutgoingTensor[] = [];
  const write = (node: TensorTree): void =>
    pickle.dictionary(() => {
      for (const [name, value] of Object.entries(node)) {
        pickle.text(name);
        if (isTensor(value)) writeTensor(pickle, value, tensors.push(value) - 1);
        else write(value);
      }
    });
  write(tree);
  const fixed = (name: string, bytes: Buffer): ZipFile => ({ name, size: bytes.length, bytes: () => bytes });
  return zipBytes([
    fixed('archive/data.pkl', pickle.end()),
    fixed('archive/byteorder', Buffer.from('little')),
    ...tensors.map((tensor, i) => ({
      name: `archive/data/${i}`,
      size: sizeOf(tensor),
      bytes: () => encodedBytes(tensor),
    })),
    fixed('archive/version', Buffer.from('3\n')),
  ]);
}

function isTensor(value: OutgoingTensor | TensorTree): value is OutgoingTensor {
  return typeof value.values === 'function';
}

function writeTensor(pickle: PickleWriter, { type, shape }: OutgoingTensor, key: number): void {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const integers = (values: readonly number[]) =>
    pickle.tuple(() => {
      for (const value of values) pickle.integer(value);
    });
  pickle.global('torch._utils', '_rebuild_tensor_v2');
  pickle.tuple(() => {
    pickle.tuple(() => {
      pickle.text('storage');
      pickle.global('torch', storages[type]);
      pickle.text(String(key));
      pickle.text('cpu');
      pickle.integer(shape.reduce((a, b) => a * b, 1));
    });
    pickle.persistent();
    pickle.integer(0);
    integers(shape);
    integers(strides);
    pickle.false();
    pickle.emptyOrderedDictionary();
  });
  pickle.reduce();
}
