import { Popover, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { AnswerStats } from '../../../../engine/contract/ask.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatCount, formatSpeed } from '../../../lib/numbers.ts';
import { encoderColour } from '../../../lib/theme.ts';
import { formatClock, formatMs } from '../../../lib/time.ts';
import { encoderName } from '../../../stores/models.ts';
import classes from './answer-details.module.css';

/** How the answer was made: one quiet line, and the rest on demand. */
export function AnswerDetails({ stats }: { readonly stats: AnswerStats }) {
  const [opened, setOpened] = useState(false);
  const speed = tokensPerSecond(stats);
  const summary = [formatMs(stats.ms.total), ...(speed === null ? [] : [`${speed} tokens/s`])].join(' · ');
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" shadow="md" withinPortal trapFocus>
      <Popover.Target>
        <UnstyledButton
          className={classes.summary}
          aria-label={`How this answer was made: ${summary}`}
          onClick={() => setOpened(!opened)}
        >
          {summary}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.card} aria-label="How this answer was made">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the card scrolls and takes the focus when it opens. */}
        <div className={classes.scroll} tabIndex={0} data-autofocus>
          <Bars stats={stats} />
          {stats.mixing !== null && stats.mixing.length > 1 && <Mixing stats={stats} mixing={stats.mixing} />}
          <Numbers stats={stats} speed={speed} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function tokensPerSecond(stats: AnswerStats): string | null {
  if (stats.tokens.generated < 2 || stats.ms.generate <= 0) return null;
  return formatSpeed(stats.tokens.generated / (stats.ms.generate / 1000));
}

/** Where the time went. */
function Bars({ stats }: { readonly stats: AnswerStats }) {
  const { ms } = stats;
  const stages = [
    { name: 'Decode frames', value: ms.decode },
    { name: 'Encode', value: ms.encode },
    { name: 'Read the prompt', value: ms.prefill },
    { name: 'Write', value: ms.generate },
  ];
  return (
    <dl className={classes.bars}>
      {stages.map((stage) => (
        <div key={stage.name} className={classes.stage}>
          <dt>{stage.name}</dt>
          <dd>
            <span className={classes.track} aria-hidden>
              <i style={{ width: `${ms.total > 0 ? (stage.value / ms.total) * 100 : 0}%` }} />
            </span>
            {formatMs(stage.value)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Which encoder mattered: how much of each the fusion took. */
function Mixing({
  stats,
  mixing,
}: {
  readonly stats: AnswerStats;
  readonly mixing: NonNullable<AnswerStats['mixing']>;
}) {
  const models = useStore(useStudio().models.store);
  const colour = (id: string) => encoderColour(stats.frames.findIndex((each) => each.encoder === id));
  return (
    <section className={classes.mixing} aria-label="Which encoder mattered">
      <h3 className={classes.heading}>Which encoder mattered</h3>
      <dl className={classes.bars}>
        {mixing.map(({ encoder, weight }) => (
          <div key={encoder} className={classes.stage}>
            <dt>{encoderName(models, encoder)}</dt>
            <dd>
              <span className={classes.track} aria-hidden>
                <i style={{ width: `${weight * 100}%`, background: colour(encoder) }} />
              </span>
              {`${(weight * 100).toFixed(weight < 0.0995 ? 1 : 0)} %`}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Numbers({ stats, speed }: { readonly stats: AnswerStats; readonly speed: string | null }) {
  const models = useStore(useStudio().models.store);
  const model = models.models.find((candidate) => candidate.id === stats.model)?.name ?? stats.model;
  const { tokens } = stats;
  const kept = tokens.cached > 0 ? `, ${formatCount(tokens.cached)} of them kept from before` : '';
  const lines: readonly (readonly [string, string])[] = [
    ['Model', model],
    ['Prompt', `${formatCount(tokens.prompt)} tokens${kept}`],
    ['Visual part', `${formatCount(tokens.visual)} tokens`],
    ['Answer', `${formatCount(tokens.generated)} tokens${speed === null ? '' : `, ${speed} a second`}`],
    ['Seed', String(stats.seed)],
  ];
  return (
    <dl className={classes.numbers}>
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {stats.frames.map((encoder, i) => (
        <div key={encoder.encoder}>
          <dt>
            <i className={classes.dot} style={{ background: encoderColour(i) }} aria-hidden />
            {encoderName(models, encoder.encoder)}
          </dt>
          <dd className={classes.times}>
            {encoder.frames.map((frame, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a short clip shows one frame several times.
              <span key={n}>{formatClock(frame.seconds, 2)}</span>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
