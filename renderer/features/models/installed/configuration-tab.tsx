import { SegmentedControl, Select } from '@mantine/core';
import { useState } from 'react';
import type { ModelDetail } from '../../../../engine/contract/models.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import classes from './text-tab.module.css';

/** Each part's own description, as it stands on disk. */
export function ConfigurationTab({ detail }: { readonly detail: ModelDetail }) {
  const [chosen, setChosen] = useState(detail.configs[0]?.part ?? '');
  const config = detail.configs.find((each) => each.part === chosen) ?? detail.configs[0];
  if (config === undefined) return <p className={classes.none}>This model has no description.</p>;
  const data = detail.configs.map((each) => ({
    value: each.part,
    label: detail.summary.parts.find((part) => part.key === each.part)?.name ?? 'The model',
  }));
  return (
    <div className={classes.tab}>
      {data.length > 4 ? (
        <Select
          size="xs"
          aria-label="Part"
          className={classes.choice ?? ''}
          data={data}
          value={config.part}
          allowDeselect={false}
          onChange={(value) => setChosen(value ?? '')}
        />
      ) : (
        data.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Part"
            className={classes.choice ?? ''}
            data={data}
            value={config.part}
            onChange={setChosen}
          />
        )
      )}
      <div className={classes.block}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the text scrolls by keys. */}
        <pre className={classes.code} tabIndex={0}>
          {pretty(config.json)}
        </pre>
        <div className={classes.copy}>
          <CopyButton label="Copy configuration" text={() => pretty(config.json)} />
        </div>
      </div>
    </div>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
