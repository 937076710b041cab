import { type Attribute, attributes } from '../../../engine/hub/starter-attributes.ts';

/** Numbers of the values; null where nothing is to be said. */
export type Truth = Readonly<Record<Attribute, number | null>>;

export function wordOf(attribute: Attribute, value: number): string {
  return attributes[attribute][value]!;
}
