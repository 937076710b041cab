/** How chosen frames leave ffmpeg: extra filters, output options, and how its byte stream is cut into pictures. */
export interface PictureFormat {
  /** True for rgb24 pictures of their own size, of which every level counts. */
  readonly exact: boolean;
  readonly filters: readonly string[];
  readonly output: readonly string[];
  /** A new cutter for one stream. It calls back with each whole picture; the buffer is then the callee's. */
  readonly cutter: (onPicture: (bytes: Uint8Array) => void) => (chunk: Buffer) => void;
}

/** Raw rgb24 pictures of one size. A video that changes size on the way keeps its first size. */
export function rgbPictures(width: number, height: number): PictureFormat {
  return {
    exact: true,
    filters: [`scale=${width}:${height}`],
    output: ['-pix_fmt', 'rgb24', '-f', 'rawvideo'],
    cutter: (onPicture) => fixedSizeCutter(width * height * 3, onPicture),
  };
}

/** JPEG pictures of one height, the width in proportion (even, at least 2). */
export function jpegPictures(width: number, height: number, shownHeight: number): PictureFormat {
  const shownWidth = Math.max(2, 2 * Math.round((width * shownHeight) / height / 2));
  return {
    exact: false,
    filters: [`scale=${shownWidth}:${shownHeight}:out_range=pc`, 'format=yuvj420p'],
    output: ['-c:v', 'mjpeg', '-q:v', '4', '-strict', 'unofficial', '-f', 'image2pipe'],
    cutter: jpegCutter,
  };
}

function fixedSizeCutter(size: number, onPicture: (bytes: Uint8Array) => void): (chunk: Buffer) => void {
  let picture: Uint8Array | undefined;
  let filled = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const take = Math.min(size - filled, chunk.length - at);
      // Not zeroed first: every byte is written before the picture is handed over.
      picture ??= new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
      picture.set(chunk.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === size) {
        onPicture(picture);
        picture = undefined;
        filled = 0;
      }
    }
  };
}

/** Cuts after each end-of-image marker. ffmpeg's encoder stuffs every FF in the data, so the marker is unmistakable. */
function jpegCutter(onPicture: (bytes: Uint8Array) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    let from = Math.max(0, pending.length - 1);
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.indexOf(endOfImage, from);
      if (end < 0) return;
      onPicture(pending.subarray(0, end + 2));
      pending = pending.subarray(end + 2);
      from = 0;
    }
  };
}

const endOfImage = Buffer.from([0xff, 0xd9]);
