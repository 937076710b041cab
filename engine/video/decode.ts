import { rgbPictures } from './picture-format.ts';
import { eachPicture, type PictureOptions } from './pictures.ts';
import type { OpenedVideo } from './video.ts';

export interface DecodedFrame {
  /** The frame's own number; differs from the one asked for only where that one cannot be decoded. */
  readonly index: number;
  /** Seconds from the first frame. */
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  /** Height × width × 3, red green blue, as shown (rotation applied). */
  readonly rgb: Uint8Array;
}

/**
 * The frames with these numbers, in this order; the same number twice shares one buffer. Exactly the frames ffmpeg
 * gives with `-vsync passthrough -pix_fmt rgb24`. Throws 'cancelled', 'file_missing', 'file_corrupt', 'ffmpeg_failed'.
 */
export async function decodeFrames(
  video: OpenedVideo,
  indexes: readonly number[],
  options: PictureOptions = {},
): Promise<readonly DecodedFrame[]> {
  const { width, height } = video.info;
  const frames = new Map<number, DecodedFrame>();
  await eachPicture(video, indexes, rgbPictures(width, height), options, (asked, index, rgb) => {
    frames.set(asked, { index, seconds: video.timeline.seconds[index]!, width, height, rgb });
  });
  return indexes.map((index) => frames.get(index)!);
}
