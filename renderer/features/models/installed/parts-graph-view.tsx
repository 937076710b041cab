import { useMemo } from 'react';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { roleNames } from '../../../lib/model-facts.ts';
import { type Join, layOut, type PlacedNode } from '../../../lib/parts-graph.ts';
import { encoderColour } from '../../../lib/theme.ts';
import classes from './parts-graph-view.module.css';

interface PartsGraphViewProps {
  readonly model: ModelSummary;
  readonly joins: readonly Join[];
}

const ends: Readonly<Record<string, string>> = { video: 'Video', question: 'Question', answer: 'Answer' };
const rowHeight = 62;
const columnWidth = 168;

/** How the parts are joined: from the video and the question on the left to the answer on the right. */
export function PartsGraphView({ model, joins }: PartsGraphViewProps) {
  const graph = useMemo(() => layOut(joins), [joins]);
  const filled = (column: number) => graph.nodes.filter((node) => node.column === column).length;
  /** In hundredths of the drawing, at the node's middle. */
  const place = (node: PlacedNode) => ({
    x: ((node.column + 0.5) / graph.columns) * 100,
    y: ((node.row + 0.5) / filled(node.column)) * 100,
  });
  const at = new Map(graph.nodes.map((node) => [node.id, place(node)]));
  const half = 50 / graph.columns;
  const words = graph.joins.map((join) => `${nameOf(model, join.from)} → ${nameOf(model, join.to)}`);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a drawing wider than the window is scrolled by keys.
    <div className={classes.scroll} tabIndex={0} role="img" aria-label={`Parts: ${words.join(', ')}`}>
      <div
        className={classes.graph}
        style={{ height: graph.rows * rowHeight, minWidth: graph.columns * columnWidth }}
      >
        <svg className={classes.lines} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden>
          {graph.joins.map((join) => {
            const from = at.get(join.from)!;
            const to = at.get(join.to)!;
            const [left, right] = [from.x + half * 0.62, to.x - half * 0.62];
            const middle = (left + right) / 2;
            return (
              <path
                key={`${join.from} ${join.to}`}
                d={`M${left} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${right} ${to.y}`}
              />
            );
          })}
        </svg>
        {graph.joins.map((join) => {
          const [from, to] = [at.get(join.from)!, at.get(join.to)!];
          // At the end where lines lie apart: the one whose column is fuller.
          const fan = graph.joins.filter((other) => other.to === join.to).length > 1;
          const x = fan ? from.x + half * 0.66 : to.x - half * 0.66;
          return (
            <span
              key={`${join.from} ${join.to}`}
              className={classes.label}
              data-side={fan ? 'from' : 'to'}
              style={{ left: `${x}%`, top: `${fan ? from.y : to.y}%` }}
              title={join.label}
            >
              {join.label}
            </span>
          );
        })}
        {graph.nodes.map((node) => (
          <Node
            key={node.id}
            model={model}
            id={node.id}
            x={at.get(node.id)!.x}
            y={at.get(node.id)!.y}
            width={half * 2 * 0.62}
          />
        ))}
      </div>
    </div>
  );
}

interface NodeProps {
  readonly model: ModelSummary;
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function Node({ model, id, x, y, width }: NodeProps) {
  const part = model.parts.find((candidate) => candidate.key === id);
  const encoder = part?.role === 'encoder' ? model.encoders.findIndex((each) => each.id === part.id) : -1;
  const name = nameOf(model, id);
  const place = { left: `${x - width / 2}%`, top: `${y}%`, width: `${width}%` };
  if (part === undefined) {
    return (
      <div className={classes.end} style={place}>
        {name}
      </div>
    );
  }
  return (
    <div
      className={classes.node}
      style={{ ...place, borderLeftColor: encoder < 0 ? 'var(--m-accent)' : encoderColour(encoder) }}
      title={name}
    >
      <span className={classes.name}>{name}</span>
      <span className={classes.role}>{roleNames[part.role]}</span>
    </div>
  );
}

function nameOf(model: ModelSummary, id: string): string {
  return ends[id] ?? model.parts.find((part) => part.key === id)?.name ?? id;
}
