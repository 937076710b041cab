import { Loader } from '@mantine/core';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import type { Run, RunStep } from '../../../../engine/contract/training.ts';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes, formatCount } from '../../../lib/numbers.ts';
import { formatLoss, formatSmall } from '../../../lib/run-words.ts';
import { smooth } from '../../../lib/smooth.ts';
import { encoderVariable } from '../../../lib/theme.ts';
import { Plot, type PlotLine } from '../plot/plot.tsx';
import { Smoothing } from '../plot/smoothing.tsx';
import classes from './run-page.module.css';

/** How the run goes, step by step. */
export function CurvesTab({ run }: { readonly run: Run }) {
  const { curves, trainView, models } = useStudio();
  const steps = useStore(curves.store, (state) => state.byRun.get(run.id) ?? null);
  const failure = useStore(curves.store, (state) => state.failure);
  const smoothing = useStore(trainView.store, (state) => state.smoothing);
  const model = useStore(models.store, (state) =>
    state.models.find((candidate) => candidate.id === run.config.modelId),
  );
  const lines = useMemo(() => (steps === null ? null : linesOf(steps, smoothing)), [steps, smoothing]);
  if (failure !== null) return <FailureNote failure={failure} />;
  if (steps === null || lines === null) return <Loader size={18} />;
  if (steps.length === 0) return <p className={classes.none}>The curves begin with the first step.</p>;
  const x = lines.x;
  const encoders = model?.encoders ?? [];
  const mixing: readonly PlotLine[] = Array.from({ length: lines.encoders }, (_, i) => ({
    label: encoders.length === lines.encoders ? (encoders[i]?.name ?? '') : `Encoder ${i + 1}`,
    colour: encoderVariable(i),
    values: steps.map((step) => step.mixing?.[i] ?? null),
  }));
  return (
    <>
      <div className={classes.tools}>
        <Smoothing />
      </div>
      <div className={classes.plots}>
        <Plot title="Loss" x={x} lines={lines.loss} format={formatLoss} height={240} />
        <Plot title="Learning rate" x={x} lines={one('Learning rate', lines.lr)} format={formatSmall} />
        <Plot title="Gradient norm" x={x} lines={one('Gradient norm', lines.gradNorm)} format={formatSmall} />
        <Plot
          title="Tokens a second"
          x={x}
          lines={one('Tokens a second', lines.speed)}
          format={(value) => formatCount(Math.round(value))}
        />
        <Plot title="Memory" x={x} lines={one('Memory', lines.memory)} format={formatBytes} />
        {mixing.length > 0 && (
          <Plot
            title="Fusion: how much of each encoder"
            x={x}
            lines={mixing}
            format={(value) => `${(value * 100).toFixed(1)} %`}
          />
        )}
      </div>
    </>
  );
}

function one(label: string, values: readonly number[]): readonly PlotLine[] {
  return [{ label, values, colour: '--m-accent' }];
}

function linesOf(steps: readonly RunStep[], smoothing: number) {
  const raw = steps.map(({ loss }) => loss);
  const kept = steps.map(({ evalLoss }) => evalLoss);
  const loss: PlotLine[] = [
    { label: 'Raw', values: raw, colour: '--m-accent', look: 'faint' },
    { label: 'Training', values: smooth(raw, smoothing), colour: '--m-accent' },
  ];
  if (kept.some((value) => value !== null))
    loss.push({ label: 'Kept-out examples', values: kept, colour: '--m-clip', look: 'points' });
  return {
    x: steps.map(({ step }) => step),
    loss,
    lr: steps.map(({ lr }) => lr),
    gradNorm: steps.map(({ gradNorm }) => gradNorm),
    speed: steps.map(({ tokens, ms }) => (ms > 0 ? (tokens * 1000) / ms : 0)),
    memory: steps.map(({ memoryBytes }) => memoryBytes),
    encoders: Math.max(0, ...steps.slice(-1).map(({ mixing }) => mixing?.length ?? 0)),
  };
}
