import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import type { RepoDetail } from '../../../../engine/contract/hub.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes } from '../../../lib/numbers.ts';
import classes from './repo-page.module.css';

/** What can be installed from a repository: the whole, or one of several files or folders. */
export function Installable({ page }: { readonly page: RepoDetail }) {
  const { manager, settings } = useStudio();
  const offline = useStore(settings.store, (state) => state.settings?.offline ?? false);
  if (page.refusal !== null) {
    return (
      <p className={classes.refusal} role="note">
        {page.refusal}
      </p>
    );
  }
  return (
    <div className={classes.box}>
      <ul className={classes.choices} aria-label="What can be installed">
        {page.installable.map((choice) => (
          <li key={choice.path ?? ''}>
            <span className={classes.title}>{choice.title}</span>
            <span className={classes.bytes}>{formatBytes(choice.bytes)}</span>
            <Button
              size="xs"
              disabled={offline}
              aria-label={`Install ${choice.title}`}
              onClick={() =>
                manager.install(
                  { kind: 'hub', repo: page.repo, revision: page.commit, path: choice.path },
                  choice.title,
                )
              }
            >
              Install…
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
