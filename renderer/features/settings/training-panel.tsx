import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { InstalledLibtorch, TrainingRuntime } from '../../../engine/contract/libtorch.ts';
import { DeleteDialog } from '../../components/delete-dialog.tsx';
import { FailureNote } from '../../components/failure-note.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { Tag } from '../../components/tag.tsx';
import { formatBytes } from '../../lib/numbers.ts';
import { libtorchJob } from '../../stores/libtorch.ts';
import { LibtorchDownload } from '../train/libtorch/libtorch-download.tsx';
import { Path } from './path.tsx';
import { Setting, SettingsPage, Working } from './setting.tsx';
import classes from './training-panel.module.css';

/** What training computes with: which libtorch, where it lies, how to get it and how to be rid of it. */
export function TrainingPanel() {
  const { runs, jobs } = useStudio();
  const { value, loading, failure } = useStore(runs.store, (state) => state.runtime);
  const job = useStore(jobs.store, (state) => libtorchJob(state.jobs));
  useEffect(() => {
    void runs.look();
  }, [runs]);
  const offered =
    value !== null &&
    (value.installed === null
      ? value.lacksLibtorch || value.builds.includes('cuda')
      : value.builds.includes('cuda') && value.installed.build !== 'cuda');
  return (
    <SettingsPage>
      {failure !== null && failure.kind !== 'disconnected' && (
        <FailureNote failure={failure} onRetry={() => void runs.look()} />
      )}
      {value === null && loading && <Working>Looking whether this machine can train…</Working>}
      {value !== null && (
        <>
          <Setting
            title="libtorch"
            help="PyTorch’s libraries, which compute the training. Answering works without them."
          >
            <State runtime={value} />
          </Setting>
          {value.installed !== null && <Installed installed={value.installed} />}
          {(offered || job !== null) && (
            <div className={classes.download}>
              <LibtorchDownload builds={value.builds} />
            </div>
          )}
        </>
      )}
    </SettingsPage>
  );
}

function State({ runtime }: { readonly runtime: TrainingRuntime }) {
  const { state, version, devices, place, attempts, remedy, installed } = runtime;
  if (state !== 'ready') {
    return (
      <>
        <span className={classes.state}>
          <Tag tone={state === 'downloading' ? 'plain' : 'warn'}>
            {state === 'downloading' ? 'being downloaded' : 'missing'}
          </Tag>
        </span>
        {installed !== null && remedy !== null && <span className={classes.words}>{remedy}</span>}
        {attempts.map((attempt) => (
          <span key={attempt} className={classes.words}>
            {attempt}
          </span>
        ))}
      </>
    );
  }
  return (
    <>
      <span className={classes.state}>
        {version} <Tag tone="good">works</Tag>
      </span>
      <span className={classes.words}>
        Computes on {devices.includes('cuda') ? 'the NVIDIA GPU or the processor' : 'the processor'}.
      </span>
      {place !== null && place !== installed?.folder && <Path path={place} />}
    </>
  );
}

function Installed({ installed }: { readonly installed: InstalledLibtorch }) {
  const { libtorch } = useStudio();
  const busy = useStore(libtorch.store, (state) => state.busy);
  const [asking, setAsking] = useState(false);
  const { version, build, folder, bytes } = installed;
  return (
    <Setting
      title="Downloaded"
      help={`libtorch ${version} for ${build === 'cuda' ? 'NVIDIA GPUs' : 'the processor'}, ${formatBytes(bytes)}.`}
    >
      <Path path={folder} />
      <Button size="xs" variant="default" loading={busy} onClick={() => setAsking(true)}>
        Remove…
      </Button>
      {asking && (
        <DeleteDialog
          name={`libtorch ${version}`}
          onDelete={() => void libtorch.remove()}
          onClose={() => setAsking(false)}
        >
          <p className={classes.words}>
            {formatBytes(bytes)} become free. Runs and models stay; training needs libtorch again.
          </p>
        </DeleteDialog>
      )}
    </Setting>
  );
}
