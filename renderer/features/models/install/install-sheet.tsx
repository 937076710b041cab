import { Button, Drawer, Loader } from '@mantine/core';
import { useStore } from 'zustand';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes } from '../../../lib/numbers.ts';
import classes from './install-sheet.module.css';
import { PlanView } from './plan-view.tsx';

/** What installing a model would do and cost, before it starts. */
export function InstallSheet() {
  const { install, manager } = useStudio();
  const { source, title, plan, starting, failure } = useStore(install.store);
  const { value, loading } = plan;
  const startable = value !== null && !loading && value.problems.length === 0;
  return (
    <Drawer
      opened={source !== null}
      onClose={install.close}
      position="right"
      size={680}
      title={`Install ${value?.name ?? title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{
        content: classes.content ?? '',
        header: classes.header ?? '',
        body: classes.body ?? '',
        title: classes.title ?? '',
      }}
    >
      <div className={classes.scroll}>
        {value === null && loading && (
          <div className={classes.working} role="status">
            <Loader size={20} />
            <span>Looking at its parts and working out what they take…</span>
          </div>
        )}
        {plan.failure !== null && <FailureNote failure={plan.failure} onRetry={() => void install.plan()} />}
        {value !== null && plan.failure === null && <PlanView plan={value} busy={loading} />}
        {failure !== null && <FailureNote failure={failure} />}
      </div>
      <footer className={classes.foot}>
        <span className={classes.sum} role="status">
          {value !== null &&
            plan.failure === null &&
            value.parts.length > 0 &&
            (value.downloadBytes > 0
              ? `${formatBytes(value.downloadBytes)} to download`
              : 'Nothing to download')}
        </span>
        <Button variant="default" onClick={install.close}>
          Cancel
        </Button>
        <Button disabled={!startable} loading={starting} onClick={() => void manager.startInstall()}>
          Install
        </Button>
      </footer>
    </Drawer>
  );
}
