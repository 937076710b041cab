import {
  IconArrowAutofitWidth,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBackFilled,
  IconPlayerSkipForwardFilled,
} from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { frameStep, isWhole } from '../../../lib/clip.ts';
import { formatClock, formatSeconds } from '../../../lib/time.ts';
import { TimeField } from './time-field.tsx';
import classes from './transport.module.css';

/** Play, step, where the playhead is, and the clip in numbers. */
export function Transport({ video }: { readonly video: VideoInfo }) {
  const { player, video: videos } = useStudio();
  const playing = useStore(player.store, (state) => state.playing);
  const canPlay = useStore(player.store, (state) => state.mode !== 'frames');
  const range = useStore(videos.store, (state) => state.range);
  if (range === null) return null;
  const step = frameStep(video);
  const whole = isWhole(range, video);
  const stepBy = (by: number) => {
    player.pause();
    player.seek(Math.min(video.seconds, player.store.getState().time + by));
  };
  return (
    <div className={classes.transport}>
      <div className={classes.group}>
        <IconButton label="One frame back" keys="←" onClick={() => stepBy(-step)}>
          <IconPlayerSkipBackFilled size={14} />
        </IconButton>
        <IconButton
          label={playing ? 'Pause' : 'Play'}
          keys="Space"
          size={34}
          disabled={!canPlay}
          onClick={() => player.toggle()}
        >
          {playing ? <IconPlayerPauseFilled size={19} /> : <IconPlayerPlayFilled size={19} />}
        </IconButton>
        <IconButton label="One frame forward" keys="→" onClick={() => stepBy(step)}>
          <IconPlayerSkipForwardFilled size={14} />
        </IconButton>
        <PlayheadTime seconds={video.seconds} />
      </div>
      <div className={classes.group}>
        <TimeField
          label="Clip start"
          shown="In"
          keys="I"
          seconds={range.from}
          step={step}
          onMark={() => videos.markEdge('from', player.store.getState().time)}
          onChange={(seconds) => videos.moveEdge('from', seconds)}
        />
        <TimeField
          label="Clip end"
          shown="Out"
          keys="O"
          seconds={range.to}
          step={step}
          onMark={() => videos.markEdge('to', player.store.getState().time)}
          onChange={(seconds) => videos.moveEdge('to', seconds)}
        />
        {whole ? (
          <span className={classes.length}>Whole video</span>
        ) : (
          <>
            <span className={classes.length} data-clip>
              {formatSeconds(range.to - range.from)}
            </span>
            <IconButton label="Use the whole video" keys="X" size={26} onClick={() => videos.resetRange()}>
              <IconArrowAutofitWidth size={17} stroke={1.6} />
            </IconButton>
          </>
        )}
      </div>
    </div>
  );
}

function PlayheadTime({ seconds }: { readonly seconds: number }) {
  const { time, playing, mode } = useStore(useStudio().player.store);
  if (mode === 'loop' && playing) return <span className={classes.time}>Looping</span>;
  return (
    <span className={classes.time}>
      {formatClock(time, 2)}
      <span className={classes.of}> / {formatClock(seconds, 2)}</span>
    </span>
  );
}
