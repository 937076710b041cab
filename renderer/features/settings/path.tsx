import { CopyButton } from '../../components/copy-button.tsx';
import classes from './path.module.css';

/** Where something lies on the disk. */
export function Path({ path }: { readonly path: string }) {
  return (
    <span className={classes.path}>
      <code>{path}</code>
      <CopyButton label={`Copy ${path}`} text={() => path} />
    </span>
  );
}
