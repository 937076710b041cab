import { Loader } from '@mantine/core';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import type { Run, RunStep } from '../../../../engine/contract/training.ts';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { differingRows } from '../../../lib/config-rows.ts';
import { formatCount } from '../../../lib/numbers.ts';
import { formatLoss, stateWords } from '../../../lib/run-words.ts';
import { smooth } from '../../../lib/smooth.ts';
import { encoderColour, encoderVariable } from '../../../lib/theme.ts';
import { modelName } from '../model-name.ts';
import { PageHeading } from '../page-heading.tsx';
import { Plot, type PlotLine } from '../plot/plot.tsx';
import { Smoothing } from '../plot/smoothing.tsx';
import page from '../train-screen.module.css';
import classes from './compare-runs.module.css';

/** The losses of two to four runs in one plot, and in what the runs differ. */
export function CompareRuns({ ids }: { readonly ids: readonly string[] }) {
  const { runs, curves, trainView, models } = useStudio();
  const list = useStore(runs.store, (state) => state.runs);
  const byRun = useStore(curves.store, (state) => state.byRun);
  const failure = useStore(curves.store, (state) => state.failure);
  const smoothing = useStore(trainView.store, (state) => state.smoothing);
  const known = useStore(models.store, (state) => state.models);
  const chosen = ids.flatMap((id) => list.filter((run) => run.id === id));
  const steps = chosen.map(({ id }) => byRun.get(id));
  // biome-ignore lint/correctness/useExhaustiveDependencies: both change exactly where the curves or the runs' names do.
  const plots = useMemo(() => plotsOf(chosen, steps, smoothing), [byRun, list, ids, smoothing]);
  const waiting = steps.some((each) => each === undefined);
  const differing = differingRows(chosen.map(({ config }) => config));
  const rows = [
    { label: 'State', values: chosen.map(({ state }) => stateWords[state]) },
    { label: 'Steps', values: chosen.map(({ step }) => formatCount(step)) },
    { label: 'Loss', values: chosen.map(({ loss }) => (loss === null ? '–' : formatLoss(loss))) },
    {
      label: 'Best on kept-out examples',
      values: chosen.map(({ best }) => (best === null ? '–' : formatLoss(best.loss))),
    },
    ...(new Set(chosen.map(({ config }) => config.modelId)).size > 1
      ? [{ label: 'Model', values: chosen.map(({ config }) => modelName(known, config.modelId)) }]
      : []),
    ...differing,
  ];
  return (
    <div className={page.scroll}>
      <div className={classes.head}>
        <PageHeading title={`${chosen.length} runs compared`} />
        <Smoothing />
      </div>
      {failure !== null && <FailureNote failure={failure} />}
      {waiting && failure === null && <Loader size={18} />}
      {plots.x.length > 0 && (
        <>
          <Plot title="Training loss" x={plots.x} lines={plots.loss} format={formatLoss} height={260} />
          {plots.kept.length > 0 && (
            <Plot
              title="Loss on kept-out examples"
              x={plots.x}
              lines={plots.kept}
              format={formatLoss}
              height={200}
            />
          )}
        </>
      )}
      <section className={`${card.card} ${classes.scroller}`} aria-label="In what the runs differ">
        <table className={classes.table}>
          <thead>
            <tr>
              <td />
              {chosen.map((run, i) => (
                <th key={run.id} scope="col">
                  <i style={{ background: encoderColour(i) }} aria-hidden />
                  {run.config.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, values }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {values.map((value, i) => (
                  <td key={chosen[i]?.id}>{value ?? '–'}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {differing.length === 0 && <p className={classes.same}>All have the same parameters.</p>}
      </section>
    </div>
  );
}

/** The curves over all steps that any of the runs has; a run has gaps where it has no step. */
function plotsOf(
  runs: readonly Run[],
  curves: readonly (readonly RunStep[] | undefined)[],
  smoothing: number,
) {
  const x = [...new Set(curves.flatMap((steps) => (steps ?? []).map(({ step }) => step)))].sort(
    (a, b) => a - b,
  );
  const loss: PlotLine[] = [];
  const kept: PlotLine[] = [];
  for (const [i, run] of runs.entries()) {
    const at = new Map((curves[i] ?? []).map((step) => [step.step, step]));
    const colour = encoderVariable(i);
    const label = run.config.name;
    const raw = x.map((step) => at.get(step)?.loss ?? null);
    const evaluated = x.map((step) => at.get(step)?.evalLoss ?? null);
    loss.push({ label: `${label}, raw`, values: raw, colour, look: 'faint' });
    loss.push({ label, values: smooth(raw, smoothing), colour });
    if (evaluated.some((value) => value !== null))
      kept.push({ label, values: evaluated, colour, look: 'points' });
  }
  return { x, loss, kept };
}
