import classes from './meter.module.css';

export interface MeterPiece {
  readonly label: string;
  readonly value: number;
  readonly colour: string;
}

interface MeterProps {
  /** The accessible name. */
  readonly label: string;
  /** The whole value in words: "9.1 of 16 GB". */
  readonly words: string;
  readonly pieces: readonly MeterPiece[];
  /** What there is. The bar is as long as this, or as long as the pieces where they are more. */
  readonly limit: number;
}

/** So much of what there is, in pieces; a notch marks the end of what there is where the pieces go beyond it. */
export function Meter({ label, words, pieces, limit }: MeterProps) {
  const used = pieces.reduce((sum, piece) => sum + piece.value, 0);
  const whole = Math.max(limit, used, 1);
  const over = used > limit;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browser's own meter has one piece only.
    <div
      className={classes.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={whole}
      aria-valuenow={used}
      aria-valuetext={words}
      data-over={over}
    >
      {pieces.map((piece) => (
        <i key={piece.label} style={{ width: `${(piece.value / whole) * 100}%`, background: piece.colour }} />
      ))}
      {over && <b style={{ left: `${(limit / whole) * 100}%` }} />}
    </div>
  );
}
