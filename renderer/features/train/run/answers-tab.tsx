import { Loader } from '@mantine/core';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { Run, RunSample } from '../../../../engine/contract/training.ts';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { fileName } from '../../../lib/file-name.ts';
import { formatCount } from '../../../lib/numbers.ts';
import { formatClock } from '../../../lib/time.ts';
import classes from './run-page.module.css';

/** What the model answered before training and at each checkpoint, beside what was wanted. The newest checkpoint stands first. */
export function AnswersTab({ run }: { readonly run: Run }) {
  const { runPage } = useStudio();
  const { value, loading, failure } = useStore(runPage.store, (state) => state.samples);
  useEffect(() => {
    void runPage.refresh();
  }, [runPage]);
  if (failure !== null) return <FailureNote failure={failure} onRetry={() => void runPage.refresh()} />;
  if (value === null) return loading ? <Loader size={18} /> : null;
  if (run.config.evaluation.probes === 0)
    return (
      <p className={classes.none}>This run was started without examples that are answered on the way.</p>
    );
  if (value.length === 0)
    return (
      <p className={classes.none}>
        Before it begins and at each checkpoint the model answers a few examples that it does not learn from.
      </p>
    );
  const { steps, probes } = tableOf(value);
  return (
    <section className={`${card.card} ${classes.scroller}`} aria-label="Answers by checkpoint">
      <table className={classes.answers}>
        <thead>
          <tr>
            <th scope="col">Question</th>
            <th scope="col">Wanted</th>
            {steps.map((step) => (
              <th key={step} scope="col">
                {step === 0 ? 'Before' : `Step ${formatCount(step)}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {probes.map(({ key, first, answers }) => (
            <tr key={key}>
              <th scope="row">
                {first.question.trim()}
                <span className={classes.media}>{placeOf(first)}</span>
              </th>
              <td className={classes.wanted}>{first.wanted.trim()}</td>
              {steps.map((step) => (
                <td key={step}>
                  <Answer text={answers.get(step)} wanted={first.wanted} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Answer({ text, wanted }: { readonly text: string | undefined; readonly wanted: string }) {
  if (text === undefined) return '–';
  const same = text.trim() === wanted.trim();
  return (
    <>
      {text.trim() === '' ? 'Said nothing.' : text.trim()}
      {same && (
        <span className={classes.right}>
          <Tag tone="good">As wanted</Tag>
        </span>
      )}
    </>
  );
}

/** "clip.mp4, 0:03.6 – 0:05.4". */
function placeOf({ example, media, clip }: RunSample): string {
  if (media === null) return example;
  if (clip === null) return fileName(media);
  const to = clip.to === null ? 'its end' : formatClock(clip.to, 1);
  return `${fileName(media)}, ${formatClock(clip.from, 1)} – ${to}`;
}

function tableOf(samples: readonly RunSample[]) {
  const steps = [...new Set(samples.map(({ step }) => step))].sort((a, b) => b - a);
  const probes = new Map<string, { readonly first: RunSample; readonly answers: Map<number, string> }>();
  for (const sample of samples) {
    const key = `${sample.example}\n${sample.question}`;
    const probe = probes.get(key) ?? { first: sample, answers: new Map<number, string>() };
    probe.answers.set(sample.step, sample.answer);
    probes.set(key, probe);
  }
  return { steps, probes: [...probes].map(([key, probe]) => ({ key, ...probe })) };
}
