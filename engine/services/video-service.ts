import type { Procedures } from './procedures.ts';
import type { VideoRegistry } from './video-registry.ts';

/** `video`: opens files and draws the frame strip. */
export function videoService({ video }: Procedures, videos: VideoRegistry) {
  return {
    open: video.open.handler(async ({ input, signal }) => (await videos.open(input.path, signal)).info),
    thumbnails: video.thumbnails.handler(({ input, signal }) =>
      videos.thumbnails(input.id, input.indexes, input.height, signal),
    ),
  };
}
