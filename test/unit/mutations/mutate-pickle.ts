import { type Mutation, mutateBytes } from './mutate-bytes.ts';
import { extremes, type Random } from './random.ts';

/** Bytes of argument behind an opcode (pickletools.py); `n` is a length of so many bytes and then as much. */
const arguments_: ReadonlyMap<number, number | { readonly n: number } | 'lines'> = new Map<
  number,
  number | { readonly n: number } | 'lines'
>([
  ...[...'JjrT'].map((code) => [code.charCodeAt(0), 4] as const),
  ...[...'KhqC'].map((code) => [code.charCodeAt(0), 1] as const),
  [0x4d, 2],
  [0x80, 1],
  [0x95, 8],
  [0x47, 8],
  [0x58, { n: 4 }],
  [0x54, { n: 4 }],
  [0x42, { n: 4 }],
  [0x8b, { n: 4 }],
  [0x8c, { n: 1 }],
  [0x55, { n: 1 }],
  [0x43, { n: 1 }],
  [0x8a, { n: 1 }],
  [0x8d, { n: 8 }],
  [0x8e, { n: 8 }],
  [0x63, 'lines'],
]);

interface Step {
  readonly at: number;
  readonly opcode: number;
  readonly end: number;
}

/** A pickle that was made long before is damaged near its start. */
const mostSteps = 50_000;

/** The steps of the pickle (or of several behind each other) that begins at `from`. */
function stepsOf(bytes: Buffer, from: number): readonly Step[] {
  const steps: Step[] = [];
  for (let at = from; at < bytes.length && steps.length < mostSteps; ) {
    const opcode = bytes[at] ?? 0;
    const rule = arguments_.get(opcode) ?? 0;
    let end = at + 1;
    if (rule === 'lines') end = bytes.indexOf(10, bytes.indexOf(10, at) + 1) + 1;
    else if (typeof rule === 'number') end += rule;
    else if (end + rule.n > bytes.length) break;
    else end += rule.n + (rule.n === 8 ? Number(bytes.readBigUInt64LE(end)) : bytes.readUIntLE(end, rule.n));
    if (end <= at || end > bytes.length) break;
    steps.push({ at, opcode, end });
    at = end;
    if (opcode === 0x2e && bytes[at] !== 0x80) break;
  }
  return steps;
}

const opcodes = Buffer.from([
  ...Buffer.from('()]}.0126789abcdefghijklmnopqrstuIJKLMNOPQRSTUVXBCG'),
  ...Array.from({ length: 0x19 }, (_, i) => 0x80 + i),
]);

const globals = [
  ...['os\nsystem', 'builtins\neval', 'builtins\ngetattr', 'numpy.core.multiarray\n_reconstruct'],
  ...['torch._utils\n_rebuild_parameter', 'torch._utils\n_rebuild_tensor', 'collections\nOrderedDict'],
  ...['torch\nHalfStorage', 'torch\nDoubleStorage', 'torch\nSize', 'torch\nfloat32', '\n', '__proto__\nx'],
];

function number(step: Step, bytes: Buffer, random: Random, note: (what: string) => void): Buffer {
  const width = Math.min(8, step.end - step.at - 1);
  if (width === 0) return bytes;
  const out = Buffer.from(bytes);
  const value = random.pick(extremes);
  note(`argument of opcode ${step.opcode} at ${step.at}: ${value}`);
  for (let i = 0; i < width; i++) out[step.at + 1 + i] = Number((value >> BigInt(8 * i)) & 255n);
  return out;
}

/** Opcodes swapped, repeated, put in, taken out; arguments set to extremes; other globals. */
export function mutatePickle(bytes: Buffer, random: Random, note: (what: string) => void, from = 0): Buffer {
  const steps = stepsOf(bytes, from);
  if (steps.length === 0) return mutateBytes(bytes, random, note);
  const step = random.pick(steps);
  const other = random.pick(steps);
  const code = (s: Step): Buffer => bytes.subarray(s.at, s.end);
  const replaced = (s: Step, ...by: readonly Buffer[]): Buffer =>
    Buffer.concat([bytes.subarray(0, s.at), ...by, bytes.subarray(s.end)]);
  switch (random.below(9)) {
    case 0: {
      const opcode = random.pick([...opcodes]);
      note(`opcode ${step.opcode} at ${step.at} -> ${opcode}`);
      const out = Buffer.from(bytes);
      out[step.at] = opcode;
      return out;
    }
    case 1:
      note(`step at ${step.at} removed`);
      return replaced(step);
    case 2: {
      const times = random.chance(0.1) ? 20_000 : random.pick([1, 2, 30]);
      note(`step at ${step.at} (opcode ${step.opcode}) ${times} more times`);
      return replaced(step, ...Array<Buffer>(times + 1).fill(code(step)));
    }
    case 3:
      note(`step at ${step.at} replaced by the one at ${other.at}`);
      return replaced(step, code(other));
    case 4:
      note(`step at ${other.at} put in at ${step.at}`);
      return replaced(step, code(other), code(step));
    case 5: {
      const calls = steps.filter(({ opcode }) => opcode === 0x63);
      if (calls.length === 0) return number(step, bytes, random, note);
      const name = random.pick(globals);
      const call = random.pick(calls);
      note(`global at ${call.at} -> ${name.replace('\n', '.')}`);
      return replaced(call, Buffer.from(`c${name}\n`));
    }
    case 6: {
      const depth = random.chance(0.1) ? 100_000 : random.pick([10, 100, 1000]);
      note(`${depth} nested values at ${step.at}`);
      return replaced(step, Buffer.from(']'.repeat(depth) + 'a'.repeat(depth - 1)), code(step));
    }
    default: {
      const withArgument = steps.filter((s) => s.end - s.at > 1 && s.opcode !== 0x63);
      return number(withArgument.length > 0 ? random.pick(withArgument) : step, bytes, random, note);
    }
  }
}

/** For the form before 1.6: pickles from the first byte on. */
export const mutateBarePickle: Mutation = (bytes, random, note) => mutatePickle(bytes, random, note);
