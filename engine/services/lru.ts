/** The most recently used values, as many as fit into `capacity` by `weigh`. */
export interface Lru<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

export function createLru<T>(capacity: number, weigh: (value: T) => number): Lru<T> {
  /** A Map keeps the order of insertion: the first key is the one used longest ago. */
  const values = new Map<string, T>();
  let weight = 0;
  const drop = (key: string): void => {
    const value = values.get(key);
    if (value === undefined) return;
    weight -= weigh(value);
    values.delete(key);
  };
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      drop(key);
      values.set(key, value);
      weight += weigh(value);
      for (const oldest of values.keys()) {
        if (weight <= capacity || oldest === key) return;
        drop(oldest);
      }
    },
  };
}
