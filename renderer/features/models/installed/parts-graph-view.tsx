import { useMemo } from 'react';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import card from '../../../components/card.module.css';
import { roleNames } from '../../../lib/model-facts.ts';
import { type Join, layOut } from '../../../lib/parts-graph.ts';
import { encoderColour } from '../../../lib/theme.ts';
import classes from './parts-graph-view.module.css';

interface PartsGraphViewProps {
  readonly model: ModelSummary;
  readonly joins: readonly Join[];
}

const ends: Readonly<Record<string, string>> = { video: 'Video', question: 'Question', answer: 'Answer' };
const rowHeight = 58;
const columnWidth = 172;
/** Of a column with nothing but words in it, beside one with parts. */
const slim = 0.55;
/** The part of its column that a node takes; the rest is for the lines. */
const filled = 0.64;

/** Everything in hundredths of the drawing. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

function boxesOf(joins: readonly Join[]) {
  const graph = layOut(joins);
  const widths = Array.from({ length: graph.columns }, (_, at) =>
    graph.nodes.some((node) => node.column === at && !(node.id in ends)) ? 1 : slim,
  );
  const whole = widths.reduce((sum, width) => sum + width, 0);
  const boxes = new Map<string, Box>();
  for (const { id, column, row } of graph.nodes) {
    const before = widths.slice(0, column).reduce((sum, width) => sum + width, 0);
    const width = widths[column] ?? 1;
    const [left, size] = [(before / whole) * 100, (width / whole) * 100];
    const margin = (size * (1 - filled)) / 2;
    boxes.set(id, { left: left + margin, right: left + size - margin, y: ((row + 0.5) / graph.rows) * 100 });
  }
  return { boxes, height: graph.rows * rowHeight, minWidth: whole * columnWidth };
}

/** How the parts are joined: from the video and the question on the left to the answer on the right. */
export function PartsGraphView({ model, joins }: PartsGraphViewProps) {
  const { boxes, height, minWidth } = useMemo(() => boxesOf(joins), [joins]);
  const words = joins.map((join) => `${nameOf(model, join.from)} → ${nameOf(model, join.to)}`);
  return (
    <div
      className={`${card.card} ${classes.scroll}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a drawing wider than the window is scrolled by keys.
      tabIndex={0}
      role="img"
      aria-label={`Parts: ${words.join(', ')}`}
    >
      <div className={classes.graph} style={{ height, minWidth }}>
        <svg className={classes.lines} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden>
          {joins.map((join) => {
            const [from, to] = [boxes.get(join.from)!, boxes.get(join.to)!];
            const middle = (from.right + to.left) / 2;
            return (
              <path
                key={`${join.from} ${join.to}`}
                d={`M${from.right} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${to.left} ${to.y}`}
              />
            );
          })}
        </svg>
        {joins.map((join) => {
          const [from, to] = [boxes.get(join.from)!, boxes.get(join.to)!];
          // At the end where the lines lie apart.
          const many = joins.filter((other) => other.to === join.to).length > 1;
          // On the side that the line does not come from.
          const above = many ? to.y >= from.y : from.y >= to.y;
          const place = many
            ? { left: `${from.right}%`, top: `${from.y}%` }
            : { right: `${100 - to.left}%`, top: `${to.y}%` };
          return join.label === '' ? null : (
            <span
              key={`${join.from} ${join.to}`}
              className={classes.label}
              data-above={above}
              style={place}
              title={join.label}
            >
              {join.label}
            </span>
          );
        })}
        {[...boxes].map(([id, box]) => (
          <Node key={id} model={model} id={id} box={box} />
        ))}
      </div>
    </div>
  );
}

interface NodeProps {
  readonly model: ModelSummary;
  readonly id: string;
  readonly box: Box;
}

function Node({ model, id, box }: NodeProps) {
  const part = model.parts.find((candidate) => candidate.key === id);
  const encoder = part?.role === 'encoder' ? model.encoders.findIndex((each) => each.id === part.id) : -1;
  const name = nameOf(model, id);
  const place = { left: `${box.left}%`, width: `${box.right - box.left}%`, top: `${box.y}%` };
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
