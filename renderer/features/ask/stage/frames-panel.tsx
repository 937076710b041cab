import { UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { distinctFrames } from '../../../lib/frames.ts';
import { plural } from '../../../lib/numbers.ts';
import { stripHeight } from '../../../stores/frames.ts';
import { encoderName } from '../../../stores/models.ts';
import { FrameStrip } from './frame-strip.tsx';
import classes from './frames.module.css';

/** What each encoder will look at, exactly. */
export function FramesPanel({ video }: { readonly video: VideoInfo }) {
  const { plan, frames, models, layout, engine } = useStudio();
  const encoders = useStore(plan.store, (state) =>
    state.videoId === video.id ? state.plan?.encoders : undefined,
  );
  const open = useStore(layout.store, (state) => state.frames);
  const known = useStore(models.store);
  const lives = useStore(engine.store, (state) => state.lives);
  const indexes = useMemo(
    () => encoders?.flatMap((encoder) => encoder.frames.map((frame) => frame.index)) ?? [],
    [encoders],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new life of the engine is asked again.
  useEffect(() => {
    if (open) void frames.want(video.id, indexes, stripHeight);
  }, [frames, video.id, indexes, open, lives]);

  return (
    <section className={classes.panel} aria-label="Frames the model sees">
      <UnstyledButton className={classes.heading} aria-expanded={open} onClick={layout.toggleFrames}>
        <IconChevronDown className={classes.chevron} data-open={open} size={15} stroke={1.8} aria-hidden />
        Frames the model sees
        {encoders !== undefined && (
          <span className={classes.count}>{plural(distinctFrames(encoders), 'frame')}</span>
        )}
      </UnstyledButton>
      {open && (
        <div className={classes.strips}>
          {encoders === undefined ? (
            <Waiting />
          ) : (
            encoders.map((encoder, i) => (
              <FrameStrip
                key={encoder.encoder}
                video={video}
                name={encoderName(known, encoder.encoder)}
                order={i}
                frames={encoder.frames}
              />
            ))
          )}
        </div>
      )}
    </section>
  );
}

function Waiting() {
  return (
    <div className={classes.strip} aria-hidden>
      <div className={classes.row}>
        {Array.from({ length: 6 }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity.
          <div key={i} className={classes.placeholder} />
        ))}
      </div>
    </div>
  );
}
