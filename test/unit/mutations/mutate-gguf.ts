import { type Field, type Mutation, mutateBytes, mutateField } from './mutate-bytes.ts';

const sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/** Where a sound GGUF file keeps its counts, lengths, types, dimensions, offsets and values (ggml/docs/gguf.md). */
function fieldsOf(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 4;
  const take = (length: 1 | 2 | 4 | 8, name: string): number => {
    const value = length === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, length);
    fields.push({ at, bytes: length, name });
    at += length;
    return value;
  };
  const skipText = (name: string): void => {
    at += take(8, `length of ${name}`);
  };
  const value = (type: number, name: string): void => {
    if (type === 8) skipText(name);
    else if (type === 9) {
      const inner = take(4, `element type of ${name}`);
      const count = take(8, `count of ${name}`);
      for (let i = 0; i < count; i++) value(inner, name);
    } else take((sizes[type] || 1) as 1 | 2 | 4 | 8, `value of ${name}`);
  };
  take(4, 'version');
  const tensors = take(8, 'tensor count');
  const pairs = take(8, 'pair count');
  for (let i = 0; i < pairs; i++) {
    skipText('a key');
    value(take(4, 'value type'), `pair ${i}`);
  }
  for (let i = 0; i < tensors; i++) {
    skipText('a tensor name');
    const rank = take(4, 'rank');
    for (let axis = 0; axis < rank; axis++) take(8, 'dimension');
    take(4, 'tensor type');
    take(8, 'offset');
  }
  return fields;
}

export const mutateGguf: Mutation = (bytes, random, note) => {
  let fields: readonly Field[];
  try {
    fields = fieldsOf(bytes);
  } catch {
    return mutateBytes(bytes, random, note);
  }
  // As often among the few that decide as among all.
  const deciding = fields.filter(({ name }) => !/^(value|length) of/.test(name));
  return mutateField(bytes, random.pick(random.chance(0.5) ? deciding : fields), random, note);
};
