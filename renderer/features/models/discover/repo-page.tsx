import { Loader } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { RepoDetail } from '../../../../engine/contract/hub.ts';
import { ExternalLink } from '../../../components/external-link.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { dayOf } from '../../../lib/day.ts';
import { formatBytes, formatRough } from '../../../lib/numbers.ts';
import { GatedNote } from './gated-note.tsx';
import { Installable } from './installable.tsx';
import { Readme } from './readme.tsx';
import { RepoFiles } from './repo-files.tsx';
import classes from './repo-page.module.css';

interface RepoPageProps {
  readonly repo: string;
  /** True where the results are not beside it. */
  readonly alone: boolean;
}

/** One repository of Hugging Face: what it is, what can be installed from it, its files and its own words. */
export function RepoPage({ repo, alone }: RepoPageProps) {
  const { hub } = useStudio();
  const { value: page, loading, failure } = useStore(hub.store, (state) => state.page);
  return (
    <article className={classes.page} aria-label={repo}>
      <header className={classes.head}>
        {alone && (
          <IconButton label="Back to the results" onClick={() => void hub.open(null)}>
            <IconArrowLeft size={18} stroke={1.7} />
          </IconButton>
        )}
        <h2 className={classes.name}>{repo}</h2>
        {page !== null && <ExternalLink href={page.url}>Open on the web</ExternalLink>}
      </header>
      {loading && page === null && <Loader size={22} className={classes.loader ?? ''} />}
      {failure !== null && <FailureNote failure={failure} onRetry={() => void hub.reloadPage()} />}
      {page !== null && (
        <>
          <RepoFacts page={page} />
          {page.gated === 'asks' && <GatedNote url={page.url} onToken={() => void hub.reloadPage()} />}
          <Installable page={page} />
          <RepoFiles files={page.files} />
          {page.readme !== null && <Readme text={page.readme} base={page.url} />}
        </>
      )}
    </article>
  );
}

function RepoFacts({ page }: { readonly page: RepoDetail }) {
  const bytes = page.files.reduce((sum, file) => sum + file.bytes, 0);
  const facts: readonly (readonly [string, string])[] = [
    ['Size', formatBytes(bytes)],
    ['Licence', page.licence ?? 'not stated'],
    ['Downloads', formatRough(page.downloads)],
    ['Likes', formatRough(page.likes)],
    ...(page.updatedAt === null ? [] : [['Changed', dayOf(Date.parse(page.updatedAt))] as const]),
    ['Revision', page.commit.slice(0, 8)],
  ];
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
