import { useCallback, useState } from 'react';
import type { VideoInfo } from '../../../../engine/contract/video.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { FrameSurface } from './frame-surface.tsx';
import { GifSurface } from './gif-surface.tsx';
import classes from './surface.module.css';
import { VideoSurface } from './video-surface.tsx';

/** The picture, in the best way that this window can show the file. */
export function Surface({ video }: { readonly video: VideoInfo }) {
  const { host } = useStudio();
  const [playable, setPlayable] = useState(true);
  const refuse = useCallback(() => setPlayable(false), []);
  if (!playable) {
    return (
      <FrameSurface
        video={video}
        note={
          video.kind === 'image'
            ? null
            : `This window cannot play ${video.codec.toUpperCase()}, so you see its frames one by one.`
        }
      />
    );
  }
  switch (video.kind) {
    case 'video':
      return <VideoSurface video={video} onRefused={refuse} />;
    case 'gif':
      return <GifSurface video={video} onRefused={refuse} />;
    case 'folder':
      return <FrameSurface video={video} note={null} />;
    case 'image':
      return (
        <img className={classes.media} src={host.mediaUrl(video.id)} alt={video.name} onError={refuse} />
      );
    default:
      return video.kind satisfies never;
  }
}
