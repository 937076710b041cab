import { Button, Chip, Textarea } from '@mantine/core';
import { IconPlayerStopFilled, IconVideo } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatClock } from '../../../lib/time.ts';
import { compareLimits } from '../../../stores/compare.ts';
import classes from './compare-screen.module.css';

/** Which models, about which video, and the question. */
export function CompareForm({ models }: { readonly models: readonly ModelSummary[] }) {
  const { compare, startCompare } = useStudio();
  const { modelIds, question, running } = useStore(compare.store);
  const ready = modelIds.length >= compareLimits.least && question.trim() !== '';
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!running) void startCompare();
      }}
    >
      <fieldset className={classes.models} disabled={running}>
        <legend className={classes.legend}>Models, two to four</legend>
        <Chip.Group multiple value={[...modelIds]} onChange={compare.pick}>
          {models.map((model) => (
            <Chip
              key={model.id}
              value={model.id}
              size="sm"
              variant="outline"
              disabled={!modelIds.includes(model.id) && modelIds.length >= compareLimits.most}
            >
              {model.name}
            </Chip>
          ))}
        </Chip.Group>
      </fieldset>
      <Subject />
      <div className={classes.ask}>
        <Textarea
          className={classes.question ?? ''}
          aria-label="Question for all"
          placeholder="Ask all of them…"
          autosize
          minRows={1}
          maxRows={6}
          maxLength={100_000}
          value={question}
          onChange={(event) => compare.write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            if (!running) void startCompare();
          }}
        />
        {running ? (
          <Button
            variant="default"
            leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
            onClick={compare.stop}
          >
            Stop
          </Button>
        ) : (
          <Button type="submit" disabled={!ready}>
            Compare
          </Button>
        )}
      </div>
    </form>
  );
}

/** The video that the models are asked about is the one that is open on the Ask screen. */
function Subject() {
  const { video, navigation } = useStudio();
  const shown = useStore(video.store, (state) => state.video);
  const range = useStore(video.store, (state) => state.range);
  const clipped =
    shown !== null && range !== null && (range.from > 0 || range.to < shown.seconds - 1e-6)
      ? `, ${formatClock(range.from, 1)} to ${formatClock(range.to, 1)}`
      : '';
  return (
    <div className={classes.subject}>
      <IconVideo size={16} stroke={1.6} aria-hidden />
      <span className={classes.video}>
        {shown === null
          ? 'No video is open: they answer from the question alone.'
          : `${shown.name}${clipped}`}
      </span>
      <Button size="compact-sm" variant="subtle" onClick={() => navigation.go('ask')}>
        {shown === null ? 'Open one in Ask' : 'Change in Ask'}
      </Button>
    </div>
  );
}
