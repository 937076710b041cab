import type { InstallPlan } from '../../../../engine/contract/hub.ts';
import { Meter, type MeterPiece } from '../../../components/meter.tsx';
import { formatBytes } from '../../../lib/numbers.ts';
import classes from './plan-view.module.css';

/** What the plan takes of this machine, against what it has. */
export function CostMeters({ plan }: { readonly plan: InstallPlan }) {
  const cached = plan.parts
    .flatMap((part) => part.files)
    .reduce((sum, file) => sum + (file.cached ? file.bytes : 0), 0);
  const passing = Math.max(0, plan.peakDiskBytes - plan.modelBytes);
  return (
    <div className={classes.meters}>
      <Row
        title="Download"
        words={
          cached > 0
            ? `${formatBytes(plan.downloadBytes)}, ${formatBytes(cached)} are here already`
            : formatBytes(plan.downloadBytes)
        }
        pieces={[
          { label: 'Here already', value: cached, colour: 'var(--m-ok)' },
          { label: 'To download', value: plan.downloadBytes, colour: 'var(--m-accent)' },
        ]}
        limit={cached + plan.downloadBytes}
      />
      <Row
        title="Disk"
        words={`${formatBytes(plan.modelBytes)} stay, ${formatBytes(plan.peakDiskBytes)} at most${
          plan.freeDiskBytes === null ? '' : `, of ${formatBytes(plan.freeDiskBytes)} free`
        }`}
        pieces={[
          { label: 'The model', value: plan.modelBytes, colour: 'var(--m-accent)' },
          { label: 'While it is made', value: passing, colour: 'var(--m-clip)' },
        ]}
        limit={plan.freeDiskBytes ?? plan.peakDiskBytes}
      />
      <Row
        title="Memory to convert"
        words={`${formatBytes(plan.conversionMemoryBytes)} of ${formatBytes(plan.totalMemoryBytes)}`}
        pieces={[{ label: 'Converting', value: plan.conversionMemoryBytes, colour: 'var(--m-clip)' }]}
        limit={plan.totalMemoryBytes}
      />
      <Row
        title="Memory to answer"
        words={`${formatBytes(plan.runMemoryBytes)} of ${formatBytes(plan.totalMemoryBytes)}`}
        pieces={[{ label: 'Answering', value: plan.runMemoryBytes, colour: 'var(--m-accent)' }]}
        limit={plan.totalMemoryBytes}
      />
    </div>
  );
}

interface RowProps {
  readonly title: string;
  readonly words: string;
  readonly pieces: readonly MeterPiece[];
  readonly limit: number;
}

function Row({ title, words, pieces, limit }: RowProps) {
  const over = pieces.reduce((sum, piece) => sum + piece.value, 0) > limit;
  return (
    <div className={classes.meter}>
      <div className={classes.meterTop} data-over={over}>
        <span>{title}</span>
        <span>{words}</span>
      </div>
      <Meter label={title} words={words} pieces={pieces} limit={limit} />
    </div>
  );
}
