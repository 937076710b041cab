import type { AnswerStats } from '../../../../engine/contract/ask.ts';
import { formatCount, formatSpeed } from '../../../lib/numbers.ts';
import { formatMs } from '../../../lib/time.ts';
import type { Column } from '../../../stores/compare.ts';
import classes from './compare-screen.module.css';

interface CompareStatsProps {
  readonly stats: AnswerStats;
  readonly all: readonly Column[];
}

/** Times as bars on the scale of the slowest, so that the columns can be held against each other. */
export function CompareStats({ stats, all }: CompareStatsProps) {
  const others = all.flatMap((column) => (column.answer.stats === null ? [] : [column.answer.stats]));
  const most = (value: (each: AnswerStats) => number) => Math.max(...others.map(value), 1);
  const speed = (each: AnswerStats) => {
    const { generate } = each.ms;
    return each.tokens.generated < 2 || generate <= 0 ? 0 : each.tokens.generated / (generate / 1000);
  };
  const first = (each: AnswerStats) => each.ms.decode + each.ms.encode + each.ms.prefill;
  const bars: readonly (readonly [string, number, number, string])[] = [
    ['First word', first(stats), most(first), formatMs(first(stats))],
    ['In all', stats.ms.total, most((each) => each.ms.total), formatMs(stats.ms.total)],
    ...(speed(stats) > 0
      ? [['Speed', speed(stats), most(speed), `${formatSpeed(speed(stats))} tokens/s`] as const]
      : []),
  ];
  return (
    <dl className={classes.stats}>
      {bars.map(([name, value, scale, words]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span className={classes.track} aria-hidden>
              <i style={{ width: `${(value / scale) * 100}%` }} />
            </span>
            {words}
          </dd>
        </div>
      ))}
      <div>
        <dt>Tokens</dt>
        <dd>
          {formatCount(stats.tokens.visual)} visual, {formatCount(stats.tokens.prompt)} read,{' '}
          {formatCount(stats.tokens.generated)} written
        </dd>
      </div>
    </dl>
  );
}
