import { isObject } from './pickle.ts';
import type { Pickled, PickledTensor } from './pickle-values.ts';
import { corrupt } from './problems.ts';

const deepest = 16;
/** Shared references can make a small pickle unfold without end; no checkpoint has this many values. */
const mostValues = 2_000_000;
const mostTensors = 200_000;
const longestName = 1000;

/**
 * Every tensor inside a pickled value with the path to it joined by dots: `{model: {'a.b': t}}` gives `model.a.b`,
 * list items their index. Throws ExpectedError 'file_corrupt' when two paths join to one name or there is no end.
 */
export function nameTensors(root: Pickled, path: string): ReadonlyMap<string, PickledTensor> {
  const named = new Map<string, PickledTensor>();
  let visited = 0;
  const visit = (value: Pickled, name: string, depth: number): void => {
    if (++visited > mostValues || depth > deepest) throw corrupt(path, 'its values are nested without end');
    if (!isObject(value)) return;
    if (value.kind === 'tensor') {
      if (name.length > longestName) throw corrupt(path, `a tensor in it is called ${name.slice(0, 80)}…`);
      if (named.has(name)) throw corrupt(path, `it has ${name} twice`);
      if (named.size === mostTensors) throw corrupt(path, `it has more than ${mostTensors} tensors`);
      named.set(name, value);
    } else if (value.kind === 'dict') {
      for (const [key, item] of value.entries) {
        if (typeof key === 'string' || typeof key === 'number') visit(item, joined(name, key), depth + 1);
      }
    } else if (value.kind === 'list' || value.kind === 'tuple') {
      for (const [index, item] of value.items.entries()) visit(item, joined(name, index), depth + 1);
    }
  };
  visit(root, '', 0);
  return named;
}

function joined(prefix: string, key: string | number): string {
  return prefix === '' ? String(key) : `${prefix}.${key}`;
}
