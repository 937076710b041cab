import type { Thumbnail } from '../contract/video.ts';
import { jpegPictures } from './picture-format.ts';
import { eachPicture } from './pictures.ts';
import type { OpenedVideo } from './video.ts';

/**
 * Small pictures of exactly these frames, each as soon as it is ready (in no set order, one for each different number).
 * `height` in pixels; the width is in proportion. Leaving the loop early stops the decoding.
 */
export async function* thumbnails(
  video: OpenedVideo,
  indexes: readonly number[],
  height: number,
  signal?: AbortSignal,
): AsyncGenerator<Thumbnail> {
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  if (signal?.aborted) stop.abort();
  signal?.addEventListener('abort', forward);
  const ready: Thumbnail[] = [];
  let wake = (): void => {};
  let ended = false;
  const format = jpegPictures(video.info.width, video.info.height, height);
  const work = eachPicture(video, indexes, format, { signal: stop.signal }, (index, given, bytes) => {
    const jpeg = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    ready.push({ index, seconds: video.timeline.seconds[given]!, dataUrl: `data:image/jpeg;base64,${jpeg}` });
    wake();
  });
  const end = work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  void end.then(() => {
    ended = true;
    wake();
  });
  try {
    for (;;) {
      const next = ready.shift();
      if (next) yield next;
      else if (ended) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    const failure = await end;
    if (failure) throw failure.error;
  } finally {
    stop.abort();
    await end;
    signal?.removeEventListener('abort', forward);
  }
}
