import { Button } from '@mantine/core';
import { IconAlertTriangle, IconFileOff, IconFolderOpen, IconX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { shapeOf } from '../../../lib/frames.ts';
import { formatBytes } from '../../../lib/numbers.ts';
import { formatClock } from '../../../lib/time.ts';
import { FramesPanel } from './frames-panel.tsx';
import classes from './stage.module.css';
import { Surface } from './surface.tsx';
import { Timeline } from './timeline.tsx';
import { Transport } from './transport.tsx';

/** The video that is asked about: picture, transport, timeline and what the encoders see of it. */
export function Stage({ video }: { readonly video: VideoInfo }) {
  const studio = useStudio();
  const missing = useStore(studio.video.store, (state) => state.missing);
  const moves = video.kind !== 'image' && video.seconds > 0;
  const { showInFolder } = studio.host;
  return (
    <section className={classes.stage} aria-label="Video">
      <header className={classes.title}>
        <h2 className={classes.name} title={video.path}>
          {video.name}
        </h2>
        <span className={classes.facts}>{factsOf(video)}</span>
        {showInFolder && !missing && (
          <IconButton
            label="Show in folder"
            size={26}
            onClick={() => void showInFolder(video.id).catch(() => {})}
          >
            <IconFolderOpen size={16} stroke={1.6} />
          </IconButton>
        )}
        <IconButton label="Close video" size={26} onClick={studio.closeVideo}>
          <IconX size={16} stroke={1.6} />
        </IconButton>
      </header>
      <div className={classes.picture} style={{ '--shape': shapeOf(video) }}>
        {missing ? <Missing path={video.path} /> : <Surface key={video.id} video={video} />}
      </div>
      {moves && !missing && (
        <>
          <Transport video={video} />
          <Timeline video={video} />
        </>
      )}
      {video.warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <IconAlertTriangle size={15} stroke={1.7} aria-hidden />
          {warning}
        </p>
      ))}
      {!missing && <FramesPanel video={video} />}
    </section>
  );
}

function Missing({ path }: { readonly path: string }) {
  const { chooseVideo } = useStudio();
  return (
    <div className={classes.missing} role="alert">
      <IconFileOff size={28} stroke={1.4} aria-hidden />
      <p>
        This video is no longer where it was:
        <br />
        <span className={classes.path}>{path}</span>
      </p>
      <Button variant="default" size="xs" onClick={() => void chooseVideo()}>
        Open video…
      </Button>
    </div>
  );
}

function factsOf(video: VideoInfo): string {
  const size = `${video.width} × ${video.height}`;
  if (video.kind === 'image') return `${size} · ${formatBytes(video.bytes)}`;
  const rate = video.fps > 0 ? ` · ${Number(video.fps.toFixed(2))} fps` : '';
  const codec = video.kind === 'folder' ? `${video.frameCount} pictures` : video.codec.toUpperCase();
  return `${formatClock(video.seconds)} · ${size}${rate} · ${codec}`;
}
