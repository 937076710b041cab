import { IconLock } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { ExternalLink } from '../../../components/external-link.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { TokenForm } from '../../../components/token-form.tsx';
import classes from './gated-note.module.css';

interface GatedNoteProps {
  readonly url: string;
  /** A token was entered: what was refused may be granted now. */
  readonly onToken: () => void;
}

/** A repository whose owner wants to be asked: how, and where the token goes. */
export function GatedNote({ url, onToken }: GatedNoteProps) {
  const { settings } = useStudio();
  const token = useStore(settings.store, (state) => state.account?.token ?? 'none');
  return (
    <section className={classes.note} aria-label="Gated">
      <IconLock className={classes.icon} size={18} stroke={1.7} aria-hidden />
      <div className={classes.words}>
        <p className={classes.lead}>Its owner wants to be asked first.</p>
        <ol className={classes.steps}>
          <li>
            <ExternalLink href={url}>Accept its conditions</ExternalLink> with your Hugging Face account.
          </li>
          <li>
            {token === 'none'
              ? 'Make an access token with the right to read, and enter it here:'
              : 'There is a token already. If it belongs to another account, enter the right one:'}
          </li>
        </ol>
        <TokenForm onSaved={onToken} />
      </div>
    </section>
  );
}
