import { IconAdjustmentsHorizontal, IconArrowUp, IconPlayerStopFilled } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { modKey } from '../../../lib/platform.ts';
import { isAnswering } from '../../../stores/conversation.ts';
import { changedSettings } from '../../../stores/sampling.ts';
import classes from './composer.module.css';
import { CostLine } from './cost-line.tsx';
import { ModelPicker } from './model-picker.tsx';

/** Where questions are written. Enter sends, Shift+Enter makes a new line. */
export function Composer() {
  const { composer, conversation, sampling, layout, engine, models, video, send } = useStudio();
  const draft = useStore(composer.store, (state) => state.draft);
  const wishes = useStore(composer.store, (state) => state.focusWishes);
  const answering = useStore(conversation.store, isAnswering);
  const changed = useStore(sampling.store, changedSettings);
  const ready = useStore(
    engine.store,
    (state) => state.status.kind === 'ready' || state.status.kind === 'hung',
  );
  const hasModel = useStore(models.store, (state) => state.chosenId !== null);
  const hasVideo = useStore(video.store, (state) => state.video !== null);
  const opening = useStore(video.store, (state) => state.opening !== null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    if (wishes > 0) area.current?.focus();
  }, [wishes]);

  const canSend = ready && hasModel && !answering && !opening && draft.trim() !== '';
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (canSend) void send(draft);
  };

  return (
    <div className={classes.composer}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: a click beside the text puts the caret into it. */}
      <div
        className={classes.box}
        onClick={(event) => {
          if (event.target === event.currentTarget) area.current?.focus();
        }}
      >
        <div className={classes.grow} data-text={`${draft} `}>
          <textarea
            ref={area}
            aria-label="Question"
            placeholder={hasVideo ? 'Ask about the video…' : 'Open a video to ask about it, or just ask…'}
            rows={1}
            value={draft}
            onChange={(event) => composer.write(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
        </div>
        <div className={classes.tools}>
          <ModelPicker />
          <IconButton
            label="Sampling"
            keys={modKey(',')}
            size={28}
            className={classes.sampling ?? ''}
            data-changed={changed > 0}
            onClick={() => layout.showSampling(true)}
          >
            <IconAdjustmentsHorizontal size={17} stroke={1.6} />
          </IconButton>
          <span className={classes.space} />
          {answering ? (
            <IconButton
              label="Stop"
              keys="Esc"
              variant="default"
              size={32}
              radius={10}
              onClick={() => conversation.stop()}
            >
              <IconPlayerStopFilled size={15} />
            </IconButton>
          ) : (
            <IconButton
              label="Send"
              keys="Enter"
              variant="filled"
              color="iris"
              size={32}
              radius={10}
              disabled={!canSend}
              onClick={() => void send(draft)}
            >
              <IconArrowUp size={18} stroke={2.2} />
            </IconButton>
          )}
        </div>
      </div>
      <CostLine />
    </div>
  );
}
