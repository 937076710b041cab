import { Button, SegmentedControl } from '@mantine/core';
import { useStore } from 'zustand';
import type { LibtorchBuild, LibtorchPlan } from '../../../../engine/contract/libtorch.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { expected } from '../../../lib/failure.ts';
import { formatBytes } from '../../../lib/numbers.ts';
import { libtorchJob } from '../../../stores/libtorch.ts';
import { JobCard } from '../../models/downloads/job-card.tsx';
import classes from './libtorch-download.module.css';

const buildNames: Readonly<Record<LibtorchBuild, string>> = {
  cpu: 'For the processor',
  cuda: 'For the NVIDIA GPU',
};

/** The way to libtorch: what would be fetched from where, its download, what went wrong. */
export function LibtorchDownload({ builds }: { readonly builds: readonly LibtorchBuild[] }) {
  const { libtorch, jobs } = useStudio();
  const { build, plan, busy } = useStore(libtorch.store);
  const job = useStore(jobs.store, (state) => libtorchJob(state.jobs));
  if (job !== null) return <JobCard job={job} />;
  const lookUp = (words: string, variant: 'filled' | 'default') => (
    <Button size="compact-md" variant={variant} loading={plan.loading} onClick={() => void libtorch.lookUp()}>
      {words}
    </Button>
  );
  return (
    <div className={classes.download}>
      {builds.length > 1 && (
        <SegmentedControl
          className={classes.builds ?? ''}
          size="xs"
          aria-label="Which build"
          data={builds.map((value) => ({ value, label: buildNames[value] }))}
          value={build}
          onChange={(value) => libtorch.choose(value as LibtorchBuild)}
        />
      )}
      {plan.failure !== null && plan.failure.kind !== 'disconnected' && (
        <FailureNote failure={plan.failure}>{lookUp('Try again', 'default')}</FailureNote>
      )}
      {plan.value === null && plan.failure === null && (
        <div>{lookUp('See what is downloaded…', 'filled')}</div>
      )}
      {plan.value !== null && plan.failure === null && (
        <>
          <PlanFacts plan={plan.value} />
          {plan.value.problems.map((problem) => (
            <FailureNote key={problem.sentence} failure={expected({ code: 'disk_full', ...problem })}>
              {lookUp('Look again', 'default')}
            </FailureNote>
          ))}
          <div>
            <Button
              size="compact-md"
              loading={busy}
              disabled={plan.value.problems.length > 0}
              onClick={() => void libtorch.install()}
            >
              Download {formatBytes(plan.value.downloadBytes)}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function PlanFacts({ plan }: { readonly plan: LibtorchPlan }) {
  const { version, archives, installedBytes, freeDiskBytes, folder } = plan;
  const free = freeDiskBytes === null ? '' : `, ${formatBytes(freeDiskBytes)} are free`;
  return (
    <>
      <p className={classes.words}>
        libtorch {version}, {formatBytes(plan.downloadBytes)} from {archives[0]?.host}. Each archive is
        checked against its hash before anything is unpacked; a pause or a restart goes on where it stopped.
      </p>
      <dl className={classes.facts}>
        {archives.map(({ name, bytes, sha256 }) => (
          <div key={sha256}>
            <dt>{archives.length > 1 ? formatBytes(bytes) : 'Archive'}</dt>
            <dd>
              <span>{name}</span>
              <span className={classes.hash}>
                <code>sha256 {sha256}</code>
                <CopyButton label={`Copy the hash of ${name}`} text={() => sha256} />
              </span>
            </dd>
          </div>
        ))}
        <div>
          <dt>On the disk</dt>
          <dd>
            {formatBytes(installedBytes)} once unpacked{free}
          </dd>
        </div>
        <div>
          <dt>Goes to</dt>
          <dd>
            <code>{folder}</code>
          </dd>
        </div>
      </dl>
    </>
  );
}
