import type { RepoDetail } from '../../../../engine/contract/hub.ts';
import { Tag } from '../../../components/tag.tsx';
import { formatBytes, plural } from '../../../lib/numbers.ts';
import classes from './repo-page.module.css';

/** The files of a repository, with those marked that are on this machine already. */
export function RepoFiles({ files }: { readonly files: RepoDetail['files'] }) {
  const cached = files.filter((file) => file.cached);
  return (
    <details className={classes.files}>
      <summary>
        {plural(files.length, 'file')}
        {cached.length > 0 && `, ${cached.length} on this machine already`}
      </summary>
      <ul className={classes.fileList}>
        {files.map((file) => (
          <li key={file.path} className={classes.file}>
            <span className={classes.path}>{file.path}</span>
            <span>{file.cached && <Tag tone="good">cached</Tag>}</span>
            <span className={classes.bytes}>{formatBytes(file.bytes)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
