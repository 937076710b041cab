import type { TrainConfig } from '../../../engine/contract/training.ts';
import { configRows } from '../../lib/config-rows.ts';
import classes from './config-table.module.css';

/** Every parameter that is in force. */
export function ConfigTable({ config }: { readonly config: TrainConfig }) {
  return (
    <dl className={classes.table}>
      {configRows(config).map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
