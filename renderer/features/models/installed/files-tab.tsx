import { Button, Loader } from '@mantine/core';
import { IconCircleCheck, IconShieldCheck } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { ModelDetail } from '../../../../engine/contract/models.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { formatBytes, plural } from '../../../lib/numbers.ts';
import classes from './files-tab.module.css';

/** The files on disk, and whether they are still what was written. */
export function FilesTab({ detail }: { readonly detail: ModelDetail }) {
  const { summary, files } = detail;
  const names = new Map(summary.parts.map((part) => [part.key, part.name]));
  const parts = [...new Set(files.map((file) => file.part))];
  return (
    <div className={classes.tab}>
      <Check detail={detail} />
      {parts.map((key) => (
        <section key={key} className={classes.part}>
          <h3 className={classes.name}>{names.get(key) ?? key}</h3>
          <ul className={classes.files}>
            {files
              .filter((file) => file.part === key)
              .map((file) => (
                <li key={file.file}>
                  <span className={classes.file}>{file.file}</span>
                  <span className={classes.bytes}>{formatBytes(file.bytes)}</span>
                  <code className={classes.hash} title={`SHA-256 ${file.sha256}`}>
                    {file.sha256.slice(0, 12)}…
                  </code>
                  <CopyButton label={`Copy the SHA-256 of ${file.file}`} text={() => file.sha256} />
                </li>
              ))}
          </ul>
        </section>
      ))}
      <p className={classes.folder}>
        <span>{detail.folder}</span>
        <CopyButton label="Copy the folder’s path" text={() => detail.folder} />
      </p>
    </div>
  );
}

function Check({ detail }: { readonly detail: ModelDetail }) {
  const { inspector, manager } = useStudio();
  const verification = useStore(inspector.store, (state) => state.verification);
  const { files, summary } = detail;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const check = (label: string) => (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconShieldCheck size={15} stroke={1.7} aria-hidden />}
      onClick={() => void inspector.verify()}
    >
      {label}
    </Button>
  );
  switch (verification.kind) {
    case 'none':
      return (
        <div className={classes.check}>
          <span>
            {plural(files.length, 'file')}, {formatBytes(bytes)}. Verifying reads all of them.
          </span>
          {check('Verify files')}
        </div>
      );
    case 'running':
      return (
        <div className={classes.check} role="status">
          <Loader size={15} />
          <span>Reading {formatBytes(bytes)} and comparing every hash…</span>
        </div>
      );
    case 'failed':
      return <FailureNote failure={verification.failure}>{check('Verify again')}</FailureNote>;
    case 'done':
      if (verification.problems.length === 0) {
        return (
          <div className={classes.check} role="status" data-well>
            <IconCircleCheck size={17} stroke={1.8} aria-hidden />
            <span>Every file is exactly as it was written.</span>
            {check('Verify again')}
          </div>
        );
      }
      return (
        <FailureNote
          failure={{
            kind: 'expected',
            code: 'file_corrupt',
            sentence: verification.problems.join(' '),
            remedy: 'Repairing fetches and converts again what is broken, and only that.',
          }}
        >
          <Button size="compact-sm" onClick={() => void manager.repair(summary.id)}>
            Repair
          </Button>
        </FailureNote>
      );
    default:
      return verification satisfies never;
  }
}
