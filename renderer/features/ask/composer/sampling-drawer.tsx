import { Button, Drawer, NumberInput, TagsInput, Textarea } from '@mantine/core';
import { useStore } from 'zustand';
import type { Sampling } from '../../../../engine/contract/sampling.ts';
import { Level } from '../../../components/level.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { changedSettings } from '../../../stores/sampling.ts';
import classes from './sampling-drawer.module.css';

/** How the next token is picked. Kept between visits. */
export function SamplingDrawer() {
  const { layout, sampling: store } = useStudio();
  const opened = useStore(layout.store, (state) => state.sampling);
  const settings = useStore(store.store);
  const { sampling, system } = settings;
  const greedy = sampling.temperature === 0;
  const put = (part: Partial<Sampling>) => store.change(part);
  return (
    <Drawer
      opened={opened}
      onClose={() => layout.showSampling(false)}
      position="right"
      size={360}
      title="Sampling"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.fields}>
        <Level
          label="Temperature"
          help={
            greedy
              ? 'At 0 the likeliest token is always taken: the same question gives the same answer. The settings marked “not in use” then do nothing.'
              : 'How freely tokens are drawn. Low stays close to the likeliest words, high wanders.'
          }
          value={sampling.temperature}
          min={0}
          max={2}
          step={0.05}
          onChange={(temperature) => put({ temperature })}
        />
        <Level
          label="Top-p"
          help="Draw from the smallest set of tokens whose probabilities reach this sum. 1 keeps all."
          value={sampling.topP}
          min={0.05}
          max={1}
          step={0.01}
          idle={greedy}
          onChange={(topP) => put({ topP })}
        />
        <Level
          label="Top-k"
          help="Draw from this many of the likeliest tokens. 0 keeps all."
          value={sampling.topK}
          min={0}
          max={200}
          step={1}
          idle={greedy}
          onChange={(topK) => put({ topK })}
        />
        <Level
          label="Min-p"
          help="Drop tokens less likely than this part of the likeliest one. 0 keeps all."
          value={sampling.minP}
          min={0}
          max={1}
          step={0.01}
          idle={greedy}
          onChange={(minP) => put({ minP })}
        />
        <Level
          label="Repetition penalty"
          help="Makes tokens that were used already less likely. 1 does nothing."
          value={sampling.repetitionPenalty}
          min={1}
          max={2}
          step={0.01}
          onChange={(repetitionPenalty) => put({ repetitionPenalty })}
        />
        <Level
          label="Longest answer"
          help="Tokens after which the answer is cut."
          value={sampling.maxTokens}
          min={1}
          max={8192}
          step={1}
          sliderMax={2048}
          onChange={(maxTokens) => put({ maxTokens })}
        />
        <TagsInput
          label="Stop strings"
          description="The answer ends before any of these. Enter adds one, up to eight."
          placeholder={sampling.stop.length === 0 ? 'None' : ''}
          maxTags={8}
          value={[...sampling.stop]}
          onChange={(stop) => put({ stop })}
        />
        <NumberInput
          label="Seed"
          description={
            greedy
              ? 'Not in use at temperature 0.'
              : 'The same seed draws the same answer. Empty: a new one each time.'
          }
          placeholder="New each time"
          min={0}
          max={0xffffffff}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={sampling.seed ?? ''}
          onChange={(seed) => put({ seed: typeof seed === 'number' ? seed : null })}
        />
        <Textarea
          label="System prompt"
          description="Said to the model before the conversation, instead of its own instruction."
          placeholder="The model’s own"
          autosize
          minRows={2}
          maxRows={8}
          maxLength={20_000}
          value={system}
          onChange={(event) => store.instruct(event.currentTarget.value)}
        />
        <Button
          variant="default"
          size="sm"
          disabled={changedSettings(settings) === 0}
          onClick={() => store.reset()}
        >
          Reset to defaults
        </Button>
      </div>
    </Drawer>
  );
}
