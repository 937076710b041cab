import { Chip } from '@mantine/core';
import { useState } from 'react';
import { useStore } from 'zustand';
import { type ModelSummary, memoryOf } from '../../../../engine/contract/models.ts';
import { Level } from '../../../components/level.tsx';
import { Meter } from '../../../components/meter.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { fitOf, memoryWithout, usualMemory } from '../../../lib/model-facts.ts';
import { formatBytes } from '../../../lib/numbers.ts';
import classes from './fit-panel.module.css';

/** The memory that answering takes, for so many frames, encoders and tokens of context, against what there is. */
export function FitPanel({ model }: { readonly model: ModelSummary }) {
  const total = useStore(useStudio().engine.store, (state) => state.info?.totalMemoryBytes ?? null);
  const usual = usualMemory(model);
  const [frames, setFrames] = useState(usual.frames);
  const [context, setContext] = useState(usual.context);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const memory = memoryWithout(model, left);
  const bytes = memoryOf(memory, frames, context);
  const encoding = bytes - memory.base - memory.weights - memory.perToken * context;
  const pieces = [
    { label: 'Application', value: memory.base, colour: 'var(--m-faint)' },
    { label: 'Weights', value: memory.weights, colour: 'var(--m-accent)' },
    { label: 'Context', value: memory.perToken * context, colour: 'var(--m-encoder-3)' },
    { label: 'Frames', value: encoding, colour: 'var(--m-clip)' },
  ].filter((piece) => piece.value > 0);
  const fit = total === null ? null : fitOf(bytes, total);
  const words = `${formatBytes(bytes)}${total === null ? '' : ` of ${formatBytes(total)}`}`;
  return (
    <div className={classes.panel}>
      <div className={classes.sum}>
        <strong>{words}</strong>
        {fit !== null && (
          <span className={classes.verdict} data-fit={fit}>
            {verdicts[fit]}
          </span>
        )}
      </div>
      <Meter label="Memory" words={words} pieces={pieces} limit={total ?? bytes} />
      <ul className={classes.legend}>
        {pieces.map((piece) => (
          <li key={piece.label}>
            <i style={{ background: piece.colour }} aria-hidden />
            {piece.label} {formatBytes(piece.value)}
          </li>
        ))}
      </ul>
      <div className={classes.levels}>
        {model.encoders.length > 0 && (
          <Level
            label="Frames in a call"
            value={frames}
            min={1}
            max={Math.max(32, usual.frames)}
            step={1}
            onChange={setFrames}
          />
        )}
        <Level
          label="Tokens of context"
          value={context}
          min={Math.min(128, model.contextLength)}
          max={model.contextLength}
          step={Math.max(1, Math.min(64, Math.floor(model.contextLength / 64)))}
          onChange={setContext}
        />
      </div>
      {model.encoders.length > 1 && (
        <div className={classes.encoders}>
          <span className={classes.label} id="fit-encoders">
            Encoders
          </span>
          <Chip.Group
            multiple
            value={model.encoders.filter((encoder) => !left.has(encoder.id)).map((encoder) => encoder.id)}
            onChange={(kept) =>
              setLeft(new Set(model.encoders.map((each) => each.id).filter((id) => !kept.includes(id))))
            }
          >
            {model.encoders.map((encoder) => (
              <Chip key={encoder.id} value={encoder.id} size="xs" variant="outline">
                {encoder.name}
              </Chip>
            ))}
          </Chip.Group>
          {left.size > 0 && (
            <span className={classes.note}>What it would take without them; the model itself uses all.</span>
          )}
        </div>
      )}
    </div>
  );
}

const verdicts = {
  fits: 'Fits in this machine’s memory',
  tight: 'Tight: close other programs first',
  over: 'More than this machine has',
} as const;
