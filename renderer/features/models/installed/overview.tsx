import type { ModelDetail, ModelSummary } from '../../../../engine/contract/models.ts';
import { licencesOf } from '../../../lib/model-facts.ts';
import { formatBytes, formatCount, formatSpeed } from '../../../lib/numbers.ts';
import { FitPanel } from './fit-panel.tsx';
import classes from './overview.module.css';
import { PartsGraphView } from './parts-graph-view.tsx';
import { PartsList } from './parts-list.tsx';

interface OverviewProps {
  readonly model: ModelSummary;
  /** Null until it came. */
  readonly detail: ModelDetail | null;
}

/** What a model is made of and what it takes. */
export function Overview({ model, detail }: OverviewProps) {
  return (
    <div className={classes.overview}>
      {detail !== null && detail.joins.length > 0 && <PartsGraphView model={model} joins={detail.joins} />}
      <Facts model={model} createdAt={detail?.createdAt ?? null} />
      <section aria-labelledby="fit-title">
        <h3 id="fit-title" className={classes.heading}>
          Fit on this machine
        </h3>
        <FitPanel model={model} />
      </section>
      <section aria-labelledby="parts-title">
        <h3 id="parts-title" className={classes.heading}>
          Parts
        </h3>
        <PartsList model={model} />
      </section>
    </div>
  );
}

function Facts({ model, createdAt }: { readonly model: ModelSummary; readonly createdAt: number | null }) {
  const { speed } = model;
  const perFrame = speed === null ? [] : Object.values(speed.msPerFrame);
  const notMeasured = 'measured by the first answer';
  const facts: readonly (readonly [string, string])[] = [
    ['Size', formatBytes(model.bytes)],
    ['Context', `${formatCount(model.contextLength)} tokens`],
    ...(model.visualTokens > 0
      ? [['A video takes', `${formatCount(model.visualTokens)} tokens`] as const]
      : [['Video', 'none: it reads text alone'] as const]),
    [
      'Writes',
      speed?.tokensPerSecond ? `${formatSpeed(speed.tokensPerSecond)} tokens a second` : notMeasured,
    ],
    [
      'Reads',
      speed?.promptTokensPerSecond
        ? `${formatSpeed(speed.promptTokensPerSecond)} tokens a second`
        : notMeasured,
    ],
    ...(model.encoders.length > 0
      ? [
          [
            'Sees',
            perFrame.length > 0
              ? `${Math.round(perFrame.reduce((sum, ms) => sum + ms, 0))} ms a frame, all encoders`
              : notMeasured,
          ] as const,
        ]
      : []),
    ['Licence', licencesOf(model.parts).join(', ')],
    ...(createdAt === null ? [] : [['Installed', dateOf(createdAt)] as const]),
  ];
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function dateOf(at: number): string {
  return new Date(at).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
}
