import type { Mutation } from './mutate-bytes.ts';
import type { Random } from './random.ts';

/** JSON as it is written: pairs, so that a key may come twice, and text for what JavaScript cannot hold. */
type Node =
  | { readonly kind: 'object'; readonly pairs: [string, Node][] }
  | { readonly kind: 'array'; readonly items: Node[] }
  | { readonly kind: 'text'; readonly text: string };

function toNode(value: unknown): Node {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(toNode) };
  if (typeof value === 'object' && value !== null) {
    return { kind: 'object', pairs: Object.entries(value).map(([key, inner]) => [key, toNode(inner)]) };
  }
  return { kind: 'text', text: JSON.stringify(value) };
}

function write(node: Node): string {
  switch (node.kind) {
    case 'object':
      return `{${node.pairs.map(([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`).join(',')}}`;
    case 'array':
      return `[${node.items.map(write).join(',')}]`;
    case 'text':
      return node.text;
  }
}

const hostileValues: readonly string[] = [
  ...['null', 'true', 'false', '""', '[]', '{}', '[[]]', '[null]', '{"":{}}', '"x"', '"__proto__"'],
  ...['0', '-0', '-1', '1', '1.5', '-1e-7', '4294967295', '4294967296', '2147483648', '-2147483649'],
  ...['9007199254740991', '9007199254740993', '18446744073709551616', '1e21', '1e308', '1e999', '-1e999'],
  ...['"\\u0000"', '"\\ud800"', '"\\uffff"', '" "', '"../../x"', '"/etc/passwd"', '"C:\\\\x"', '"a\\nb"'],
  ...[
    '"model.safetensors.index.json"',
    '"F32"',
    '"Sequence"',
    '"Split"',
    '"constructor"',
    '"("',
    '"[0-9"',
    '"\\\\p{Q}"',
    '".*"',
    '""',
  ],
  ...[
    '{"type":"Sequence"}',
    '{"type":"FixedLength","length":0}',
    '{"Regex":"(a|a|ab)*c"}',
    '{"Regex":"((a+)+)+\\d"}',
    '{"String":""}',
    '{"Regex":"("}',
    '{"Regex":""}',
    '[0,0]',
    '["",""]',
  ],
];
const hostileKeys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\u0000', '\ud800', 'id'];

function deep(random: Random): string {
  const depth = random.chance(0.03) ? 60_000 : random.pick([20, 200, 3000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"type":"Sequence","normalizers":[', ']}'],
    ['{"a":', '}'],
    ['{"type":"Sequence","pretokenizers":[', ']}'],
    ['{"type":"Sequence","decoders":[', ']}'],
  ] as const);
  return open.repeat(depth) + (open.endsWith(':') ? '0' : '') + close.repeat(depth);
}

/** Every place of a tree that holds a value, so that each is met as often as any other. */
interface Place {
  readonly parent: Node;
  readonly index: number;
  readonly path: string;
}

function places(node: Node, path: string, found: Place[], depth = 0): Place[] {
  if (node.kind === 'text' || depth > 30) return found;
  const children =
    node.kind === 'object' ? node.pairs : node.items.map((item, i) => [String(i), item] as const);
  for (const [index, [name, child]] of children.entries()) {
    found.push({ parent: node, index, path: `${path}/${name}` });
    places(child, `${path}/${name}`, found, depth + 1);
  }
  return found;
}

const valueAt = ({ parent, index }: Place): Node | undefined =>
  parent.kind === 'object'
    ? parent.pairs[index]?.[1]
    : parent.kind === 'array'
      ? parent.items[index]
      : undefined;

function put({ parent, index }: Place, value: Node): void {
  if (parent.kind === 'array') parent.items[index] = value;
  const pair = parent.kind === 'object' ? parent.pairs[index] : undefined;
  if (pair) pair[1] = value;
}

/** A value of another type, huge, deep, missing, repeated, under another key, or moved. */
export function mutateJsonText(text: string, random: Random, note: (what: string) => void): string {
  const root = toNode(JSON.parse(text));
  const all = places(root, '', []);
  // Small and large branches alike: long lists would get nearly all of it otherwise.
  const shallow = all.filter(({ path }) => path.split('/').length <= 4);
  const place = random.pick(shallow.length > 0 && random.chance(0.6) ? shallow : all);
  const { parent } = place;
  const list: unknown[] =
    parent.kind === 'object' ? parent.pairs : parent.kind === 'array' ? parent.items : [];
  switch (random.below(9)) {
    case 0: {
      const text = deep(random);
      note(`${place.path}: nested, ${text.length} characters`);
      put(place, { kind: 'text', text });
      break;
    }
    case 1:
      note(`${place.path}: removed`);
      list.splice(place.index, 1);
      break;
    case 2: {
      const times = random.pick([1, 1, 2, 500]);
      note(`${place.path}: ${times} more times`);
      for (let i = 0; i < times; i++) list.splice(place.index, 0, list[place.index]);
      break;
    }
    case 3: {
      const key = random.pick(
        random.chance(0.7) ? hostileKeys : all.map(({ path }) => path.split('/').at(-1) ?? ''),
      );
      note(`${place.path}: under the key ${JSON.stringify(key)}`);
      const value = valueAt(place);
      if (parent.kind === 'object' && value) parent.pairs[place.index] = [key, value];
      break;
    }
    case 4: {
      const other = random.pick(all);
      const value = valueAt(other);
      note(`${place.path}: what is at ${other.path}`);
      // As text: a value must not come to hold itself.
      if (value) put(place, { kind: 'text', text: write(value) });
      break;
    }
    case 5: {
      const length = random.chance(0.03) ? 300_000 : random.pick([10, 1000]);
      note(`${place.path}: a text of ${length} characters`);
      put(place, {
        kind: 'text',
        text: JSON.stringify(random.pick(['a', ' ', '\u2581', '<', '\ud83d\ude00']).repeat(length)),
      });
      break;
    }
    default: {
      const value = random.pick(hostileValues);
      note(`${place.path}: ${value}`);
      put(place, { kind: 'text', text: value });
    }
  }
  return write(root);
}

export const mutateJson: Mutation = (bytes, random, note) => {
  try {
    return Buffer.from(mutateJsonText(bytes.toString('utf8'), random, note));
  } catch {
    // Damaged before this: no tree any more.
    return bytes;
  }
};
