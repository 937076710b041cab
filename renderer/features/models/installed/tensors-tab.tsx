import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { FailureNote } from '../../../components/failure-note.tsx';
import { SearchField } from '../../../components/search-field.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes, plural } from '../../../lib/numbers.ts';
import classes from './tensors-tab.module.css';

const rowHeight = 28;

/** Every tensor of the model. Rows are drawn and fetched as they are scrolled to. */
export function TensorsTab({ model }: { readonly model: ModelSummary }) {
  const { tensors } = useStudio();
  const { search, total, rows, failure } = useStore(tensors.store);
  const scroll = useRef<HTMLTableSectionElement>(null);
  const virtual = useVirtualizer({
    count: total ?? 0,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 20,
  });
  useEffect(() => tensors.show(model.id), [tensors, model.id]);
  const shown = virtual.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => tensors.want(first, last), [tensors, first, last]);
  const partName = (key: string) => model.parts.find((part) => part.key === key)?.name ?? key;

  return (
    <div className={classes.tab}>
      <div className={classes.bar}>
        <div className={classes.search}>
          <SearchField
            label="Search tensors"
            placeholder="Search by name"
            value={search}
            onChange={tensors.search}
          />
        </div>
        <span className={classes.count} role="status">
          {total === null ? 'Reading…' : plural(total, 'tensor')}
        </span>
      </div>
      {failure !== null && <FailureNote failure={failure} onRetry={() => tensors.show(model.id)} />}
      <table className={classes.table} aria-rowcount={total ?? 0}>
        <thead>
          <tr className={classes.head}>
            <th>Name</th>
            <th>Part</th>
            <th>Shape</th>
            <th>Type</th>
            <th>Size</th>
          </tr>
        </thead>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls by keys. */}
        <tbody ref={scroll} className={classes.scroll} tabIndex={0}>
          <tr className={classes.length} style={{ height: virtual.getTotalSize() }} aria-hidden />
          {shown.map((item) => {
            const row = rows.get(item.index);
            return (
              <tr
                key={item.key}
                className={classes.row}
                aria-rowindex={item.index + 1}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <td className={classes.name} title={row?.name}>
                  {row?.name ?? '…'}
                </td>
                <td title={row && partName(row.part)}>{row && partName(row.part)}</td>
                <td>{row?.shape.join(' × ')}</td>
                <td>{row?.type}</td>
                <td>{row && formatBytes(row.bytes)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {total === 0 && (
        <p className={classes.none}>
          {search === '' ? 'This model has no tensors.' : `No tensor has “${search}” in its name.`}
        </p>
      )}
    </div>
  );
}
