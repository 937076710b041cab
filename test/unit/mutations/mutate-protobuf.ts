import { type Mutation, mutateBytes } from './mutate-bytes.ts';

interface Field {
  readonly at: number;
  /** Where its value begins. */
  readonly value: number;
  readonly end: number;
  /** Of its wire: 0 varint, 1 eight bytes, 2 a length and as much, 5 four bytes. */
  readonly wire: number;
}

/** The fields of a sound message and of the messages in it, as far as they look like such. */
function fieldsOf(bytes: Buffer, from: number, to: number): readonly Field[] {
  const fields: Field[] = [];
  for (let at = from; at < to; ) {
    const wire = (bytes[at] ?? 0) & 7;
    let value = at + 1;
    let end = value;
    if (wire === 0) while (((bytes[end++] ?? 0) & 128) !== 0);
    else if (wire === 1 || wire === 5) end = value + (wire === 1 ? 8 : 4);
    else if (wire === 2) {
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[value++] ?? 0;
        length += (byte & 127) * 2 ** shift;
        if (byte < 128 || shift > 28) break;
      }
      end = value + length;
    } else break;
    if (end > to) break;
    fields.push({ at, value, end, wire });
    if (wire === 2) fields.push(...fieldsOf(bytes, value, end));
    at = end;
  }
  return fields;
}

const varints = [
  ...[[0], [1], [0x7f], [0x80, 1], [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0x07]],
  ...[[...Array<number>(9).fill(0xff), 1], Array<number>(12).fill(0xff), [0x80, 0x80, 0x80, 0x80, 0x80, 0]],
];
const floats = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 3e38, 1e-45];

/** Lengths, tags, numbers and texts of a protocol buffer. */
export const mutateProtobuf: Mutation = (bytes, random, note) => {
  const fields = fieldsOf(bytes, 0, bytes.length);
  if (fields.length === 0) return mutateBytes(bytes, random, note);
  const field = random.pick(random.chance(0.3) ? fields.slice(0, 12) : fields);
  const put = (from: number, to: number, by: Buffer): Buffer =>
    Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
  const whole = bytes.subarray(field.at, field.end);
  switch (random.below(6)) {
    case 0: {
      const number = random.pick(varints);
      note(`${field.wire === 2 ? 'length' : 'value'} at ${field.at + 1}: ${number}`);
      return put(field.at + 1, field.wire === 2 ? field.value : field.end, Buffer.from(number));
    }
    case 1: {
      const tag = random.below(128);
      note(`tag at ${field.at}: ${tag}`);
      return put(field.at, field.at + 1, Buffer.from([tag]));
    }
    case 2:
      note(`field at ${field.at} removed`);
      return put(field.at, field.end, Buffer.alloc(0));
    case 3: {
      const times = random.chance(0.1) ? 20_000 : random.pick([1, 2, 100]);
      note(`field at ${field.at} ${times} more times`);
      return put(field.at, field.end, Buffer.concat(Array<Buffer>(times + 1).fill(whole)));
    }
    case 4: {
      const score = random.pick(fields.filter(({ wire }) => wire === 5).concat(field));
      const value = random.pick(floats);
      note(`number at ${score.value}: ${value}`);
      return put(score.value, score.value + 4, Buffer.from(new Float32Array([value]).buffer));
    }
    default: {
      const text = random.pick([
        '',
        'a',
        '\u2581',
        '__proto__',
        '\ud83d\ude00',
        'a'.repeat(20_000),
        '<0x0A>',
        '<s>',
      ]);
      note(`field at ${field.at}: ${text.slice(0, 20)}, its length left as it was`);
      return put(field.value, field.end, Buffer.from(text));
    }
  }
};
