/** A decoded frame as ffmpeg's showinfo filter reports it on standard error. */
export interface ShownFrame {
  /** How many frames came out before it in this run. */
  readonly ordinal: number;
  /** In ticks of the stream's time base; NaN when it has none. */
  readonly pts: number;
  readonly key: boolean;
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
}

/** The filter that reports every frame; it must be the first of the run's filters. Needs `-v info`. */
export const showFrames = 'showinfo=checksum=0';

const pattern =
  /^\[Parsed_showinfo_0 @ [^\]]*\] n: *(\d+) pts: *(\S+) .*\bfmt:(\S+) .*\bs:(\d+)x(\d+) .*\biskey:(\d)/;

/** The frame a line of standard error reports, if it reports one. */
export function parseShownFrame(line: string): ShownFrame | undefined {
  const match = pattern.exec(line);
  if (!match) return undefined;
  return {
    ordinal: Number(match[1]),
    pts: match[2] === 'NOPTS' ? Number.NaN : Number(match[2]),
    key: match[6] === '1',
    pixelFormat: match[3]!,
    width: Number(match[4]),
    height: Number(match[5]),
  };
}
