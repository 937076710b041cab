import { Button, CloseButton } from '@mantine/core';
import { useStore } from 'zustand';
import { copyText } from './copy-button.tsx';
import classes from './notices.module.css';
import { useStudio } from './studio-context.tsx';

/** Messages at the lower edge. They wait while they are pointed at or hold the focus. */
export function Notices() {
  const { notices } = useStudio();
  const shown = useStore(notices.store, (state) => state.notices);
  return (
    <section className={classes.stack} aria-label="Notices" aria-live="polite">
      {shown.map((notice) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: pointing only delays the notice's end.
        <div
          key={notice.id}
          className={classes.notice}
          data-tone={notice.tone}
          onPointerEnter={() => notices.hold(notice.id)}
          onPointerLeave={() => notices.release(notice.id)}
          onFocus={() => notices.hold(notice.id)}
          onBlur={() => notices.release(notice.id)}
        >
          <div className={classes.words}>
            <span className={classes.text}>{notice.text}</span>
            {notice.detail && <span className={classes.detail}>{notice.detail}</span>}
          </div>
          {notice.action && (
            <Button
              size="compact-sm"
              variant="subtle"
              className={classes.action}
              onClick={() => {
                notice.action?.run();
                notices.dismiss(notice.id);
              }}
            >
              {notice.action.label}
            </Button>
          )}
          {notice.details !== null && (
            <Button size="compact-sm" variant="subtle" onClick={() => void copyText(notice.details ?? '')}>
              Copy details
            </Button>
          )}
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => notices.dismiss(notice.id)} />
        </div>
      ))}
    </section>
  );
}
