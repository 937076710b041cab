import { Drawer } from '@mantine/core';
import { useStore } from 'zustand';
import { EngineBanner } from '../../components/engine-status.tsx';
import { FailureNote } from '../../components/failure-note.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import classes from './ask-screen.module.css';
import { Composer } from './composer/composer.tsx';
import { SamplingDrawer } from './composer/sampling-drawer.tsx';
import { Conversation } from './conversation/conversation.tsx';
import { Sidebar } from './history/sidebar.tsx';
import { Opening } from './opening.tsx';
import { PaneDivider } from './pane-divider.tsx';
import { Stage } from './stage/stage.tsx';
import { TopBar } from './top-bar.tsx';
import { Welcome } from './welcome.tsx';

/** Conversations, the video, and the questions about it. */
export function AskScreen({ narrow }: { readonly narrow: boolean }) {
  const { layout, video: videos, conversation } = useStudio();
  const sidebar = useStore(layout.store, (state) => state.sidebar);
  const drawer = useStore(layout.store, (state) => state.drawer);
  const split = useStore(layout.store, (state) => state.split);
  const video = useStore(videos.store, (state) => state.video);
  const opening = useStore(videos.store, (state) => state.opening);
  const failure = useStore(videos.store, (state) => state.failure);
  const empty = useStore(
    conversation.store,
    (state) => state.turns.length === 0 && !state.loading && state.failure === null,
  );
  return (
    <div className={classes.screen}>
      {!narrow && sidebar && (
        <aside className={classes.sidebar}>
          <Sidebar />
        </aside>
      )}
      <Drawer
        opened={narrow && drawer}
        onClose={layout.closeDrawer}
        size={290}
        withCloseButton={false}
        padding={0}
        classNames={{ body: classes.drawer ?? '', content: classes.drawerContent ?? '' }}
        aria-label="Conversations"
      >
        <Sidebar />
      </Drawer>
      <main className={classes.main}>
        <TopBar narrow={narrow} />
        <EngineBanner />
        {failure !== null && (
          <div className={classes.failure}>
            <FailureNote failure={failure} onDismiss={videos.dismissFailure} />
          </div>
        )}
        {opening !== null && <Opening opening={opening} />}
        <div className={classes.panes} data-video={video !== null} style={{ '--split': `${split * 100}%` }}>
          {video !== null && (
            <>
              <div className={classes.stage}>
                <Stage video={video} />
              </div>
              <PaneDivider />
            </>
          )}
          <div className={classes.talk}>
            {video === null && empty ? (
              <div className={classes.welcome}>
                <Welcome />
              </div>
            ) : (
              <Conversation />
            )}
            <Composer />
          </div>
        </div>
      </main>
      <SamplingDrawer />
    </div>
  );
}
