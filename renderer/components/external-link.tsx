import { IconExternalLink } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './external-link.module.css';
import { useStudio } from './studio-context.tsx';

interface ExternalLinkProps {
  /** Anything but an https address is shown as text. */
  readonly href: string | null | undefined;
  readonly children: ReactNode;
  /** False inside running text, where the picture would only be in the way. */
  readonly icon?: boolean;
}

/** A link that leaves the application: opened in the user's own browser, when it is clicked and never otherwise. */
export function ExternalLink({ href, children, icon = true }: ExternalLinkProps) {
  const { manager } = useStudio();
  if (!href?.startsWith('https://')) return <span>{children}</span>;
  return (
    <a
      className={classes.link}
      href={href}
      title={href}
      rel="noreferrer"
      onClick={(event) => {
        event.preventDefault();
        void manager.openLink(href);
      }}
      onAuxClick={(event) => event.preventDefault()}
    >
      {children}
      {icon && <IconExternalLink className={classes.icon} size={13} stroke={1.7} aria-hidden />}
    </a>
  );
}
