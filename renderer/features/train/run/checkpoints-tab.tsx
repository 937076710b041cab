import { Button, Menu } from '@mantine/core';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { Run } from '../../../../engine/contract/training.ts';
import card from '../../../components/card.module.css';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { formatBytes, formatCount } from '../../../lib/numbers.ts';
import { exportFormatsOf, exportTitles, formatLoss } from '../../../lib/run-words.ts';
import { InstallDialog } from './install-dialog.tsx';
import classes from './run-page.module.css';

/** The states of the model that are kept, newest first. */
export function CheckpointsTab({ run }: { readonly run: Run }) {
  const { host, training } = useStudio();
  const busy = useStore(training.installing, (state) => state.id !== null);
  const [asked, setAsked] = useState<number | null>(null);
  const formats = host.training === null ? [] : exportFormatsOf(run.config);
  if (run.checkpoints.length === 0)
    return (
      <p className={classes.none}>
        The first checkpoint is kept at step {formatCount(run.config.checkpoints.everySteps)}, and whenever
        the run is paused or stopped.
      </p>
    );
  const newest = run.checkpoints.at(-1)?.step;
  return (
    <>
      <ul className={classes.checkpoints} aria-label="Checkpoints">
        {[...run.checkpoints].reverse().map(({ step, evalLoss, bytes }) => (
          <li key={step} className={`${card.card} ${classes.checkpoint}`}>
            <span className={classes.step}>Step {formatCount(step)}</span>
            {step === run.best?.step && <Tag tone="good">Best</Tag>}
            {step === newest && <Tag>Latest</Tag>}
            <span className={classes.size}>
              {evalLoss !== null && `${formatLoss(evalLoss)} on kept-out examples · `}
              {formatBytes(bytes)}
            </span>
            <div className={classes.buttons}>
              <Button size="compact-sm" variant="default" disabled={busy} onClick={() => setAsked(step)}>
                Ask with it…
              </Button>
              {formats.length > 0 && (
                <Menu position="bottom-end" withinPortal>
                  <Menu.Target>
                    <Button size="compact-sm" variant="default" aria-haspopup="menu">
                      Export
                    </Button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    {formats.map((format) => (
                      <Menu.Item key={format} onClick={() => void training.export(run, step, format)}>
                        {exportTitles[format]}…
                      </Menu.Item>
                    ))}
                  </Menu.Dropdown>
                </Menu>
              )}
            </div>
          </li>
        ))}
      </ul>
      {asked !== null && <InstallDialog run={run} step={asked} onClose={() => setAsked(null)} />}
    </>
  );
}
