import type { TensorInfo, TensorSource } from './tensor-source.ts';

/**
 * The same tensors under other names: `nameFor` gives the new name, or null to leave a tensor out. Two tensors that
 * would get one name are a bug in `nameFor`.
 */
export function renamed(source: TensorSource, nameFor: (name: string) => string | null): TensorSource {
  const tensors = new Map<string, TensorInfo>();
  const originals = new Map<string, string>();
  for (const [original, info] of source.tensors) {
    const name = nameFor(original);
    if (name === null) continue;
    if (tensors.has(name))
      throw new Error(`${original} and ${originals.get(name)} would both be called ${name}`);
    tensors.set(name, { ...info, name });
    originals.set(name, original);
  }
  return {
    tensors,
    read: (name) => source.read(originals.get(name) ?? name),
    close: () => source.close(),
  };
}

/** Only the tensors whose name begins with `prefix`, without it. */
export function stripPrefix(source: TensorSource, prefix: string): TensorSource {
  return renamed(source, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : null));
}
