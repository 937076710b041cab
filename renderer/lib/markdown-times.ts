import { findTimes } from './find-times.ts';

/** The parts of hast that this plugin meets; react-markdown brings the rest. */
interface TextNode {
  readonly type: 'text';
  readonly value: string;
}
interface ElementNode {
  readonly type: 'element';
  readonly tagName: string;
  readonly properties: Readonly<Record<string, string>>;
  children: readonly Node[];
}
interface OtherNode {
  readonly type: 'root' | 'comment' | 'doctype' | 'raw';
  children?: readonly Node[];
}
type Node = TextNode | ElementNode | OtherNode;

const leftAlone = new Set(['code', 'pre', 'time']);

/** Turns each time into `<time datetime="7.5">`, which the answer's renderer shows as a button that seeks. */
export function rehypeTimes(options: { readonly limit: number }) {
  return (tree: Node): void => visit(tree, options.limit);
}

function visit(node: Node, limit: number): void {
  if (node.type === 'text' || node.children === undefined) return;
  if (node.type === 'element' && leftAlone.has(node.tagName)) return;
  node.children = node.children.flatMap((child): readonly Node[] => {
    if (child.type === 'text') return split(child, limit);
    visit(child, limit);
    return [child];
  });
}

function split(node: TextNode, limit: number): readonly Node[] {
  const parts: Node[] = [];
  let at = 0;
  for (const time of findTimes(node.value, limit)) {
    if (time.start > at) parts.push({ type: 'text', value: node.value.slice(at, time.start) });
    parts.push({
      type: 'element',
      tagName: 'time',
      properties: { dateTime: String(time.seconds) },
      children: [{ type: 'text', value: time.text }],
    });
    at = time.end;
  }
  if (at === 0) return [node];
  if (at < node.value.length) parts.push({ type: 'text', value: node.value.slice(at) });
  return parts;
}
