import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import card from '../../../components/card.module.css';
import classes from './plot.module.css';

export interface PlotLine {
  readonly label: string;
  /** One a value of x; null leaves a gap, which is bridged where only points were measured. */
  readonly values: readonly (number | null)[];
  /** Name of a colour variable of the theme: "--m-accent". */
  readonly colour: string;
  /** `faint`: stands behind another line. `points`: measured now and then. */
  readonly look?: 'line' | 'faint' | 'points';
}

interface PlotProps {
  readonly title: string;
  /** Steps, rising. */
  readonly x: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly format: (value: number) => string;
  readonly height?: number;
}

/** There is nothing between two steps. */
const wholeSteps = Array.from({ length: 9 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();

/** Curves over the steps. Pointing at them, or the arrow keys, tell the values of a step; all plots move together. */
export function Plot({ title, x, lines, format, height = 150 }: PlotProps) {
  const scheme = useComputedColorScheme('dark');
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const formatter = useRef(format);
  const [index, setIndex] = useState<number | null>(null);
  const shape = JSON.stringify(lines.map(({ label, colour, look }) => [label, colour, look]));
  const data = [[...x], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  formatter.current = format;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made again where its lines or the theme are others.
  useEffect(() => {
    if (place.current === null || width === 0) return;
    const styles = getComputedStyle(place.current);
    const colour = (name: string) => styles.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour('--m-faint'),
      font: `11px ${styles.fontFamily}`,
      grid: { stroke: colour('--m-line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: {
          drag: { x: false, y: false },
          sync: { key: 'steps', setSeries: false },
          y: false,
          points: { size: 7 },
        },
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 26, gap: 4, incrs: wholeSteps, grid: { show: false } },
          { ...axis, size: 58, values: (_plot, ticks) => ticks.map((tick) => formatter.current(tick)) },
        ],
        series: [
          {},
          ...lines.map(
            ({ label, colour: name, look = 'line' }): uPlot.Series => ({
              label,
              stroke: colour(name),
              width: look === 'faint' ? 1 : 2,
              alpha: look === 'faint' ? 0.5 : 1,
              spanGaps: look === 'points',
              ...(look === 'points' ? { dash: [5, 4] } : {}),
              points: {
                show: look === 'points' || (look === 'line' && x.length === 1),
                size: 6,
                fill: colour(name),
              },
            }),
          ),
        ],
        hooks: { setCursor: [(self) => setIndex(self.cursor.idx ?? null)] },
      },
      latest.current,
      place.current,
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [shape, scheme, width === 0, x.length === 1]);
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);
  useEffect(() => {
    plot.current?.setData(data);
  });

  const last = x.length - 1;
  const at = Math.min(index ?? last, last);
  const told = lines
    .filter(({ look }) => look !== 'faint')
    .map((line) => ({ ...line, value: valueAt(line, at, index === null) }));
  const words = told
    .map(({ label, value }) => `${label} ${value === null ? 'none' : format(value)}`)
    .join(', ');

  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? last : by === undefined ? null : at + by;
    if (next === null || plot.current === null) return;
    event.preventDefault();
    const step = x[Math.max(0, Math.min(last, next))] ?? 0;
    plot.current.setCursor({ left: plot.current.valToPos(step, 'x'), top: height / 3 });
  };

  return (
    <section className={`${card.card} ${classes.plot}`} aria-label={title}>
      <header className={classes.head}>
        <h3 className={classes.title}>{title}</h3>
        <dl className={classes.legend}>
          {index !== null && (
            <div>
              <dt>Step</dt>
              <dd>{x[at]}</dd>
            </div>
          )}
          {told.map(({ label, colour, look, value }) => (
            <div key={label}>
              <dt>
                <i data-look={look ?? 'line'} style={{ '--line-colour': `var(${colour})` }} aria-hidden />
                {(told.length > 1 || label !== title) && label}
              </dt>
              <dd>{value === null ? '–' : format(value)}</dd>
            </div>
          ))}
        </dl>
      </header>
      <div
        ref={ref}
        className={classes.canvas}
        style={{ height }}
        role="slider"
        tabIndex={0}
        aria-label={`${title} by step`}
        aria-valuemin={x[0] ?? 0}
        aria-valuemax={x[last] ?? 0}
        aria-valuenow={x[at] ?? 0}
        aria-valuetext={`Step ${x[at] ?? 0}: ${words}`}
        onKeyDown={onKeyDown}
      >
        <div ref={place} />
      </div>
    </section>
  );
}

/** `last`: the last value up to there, also for what is measured now and then and for what ended before. */
function valueAt({ values, look }: PlotLine, at: number, last: boolean): number | null {
  if (look !== 'points' && !last) return values[at] ?? null;
  for (let i = at; i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
