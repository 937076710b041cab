import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import { useStudio } from '../../components/studio-context.tsx';
import { isActive } from '../../lib/job-words.ts';
import { modKey } from '../../lib/platform.ts';
import { chosenModel } from '../../stores/models.ts';
import { StarterOffer } from '../models/starter-offer.tsx';
import classes from './welcome.module.css';
import { WelcomePicture } from './welcome-picture.tsx';

/** The empty window: what can be done here, in two buttons. */
export function Welcome() {
  const { host, engine, models, chooseVideo, chooseFolder, openSample } = useStudio();
  const ready = useStore(engine.store, (state) => state.status.kind === 'ready');
  const sample = useStore(engine.store, (state) => state.info?.samplePath ?? null);
  const known = useStore(engine.store, (state) => state.info !== null);
  const model = useStore(models.store, chosenModel);
  const none = useStore(models.store, (state) => state.loaded && state.models.length === 0);
  if (none) return <NoModel />;
  return (
    <div className={classes.welcome}>
      <WelcomePicture />
      <h2 className={classes.title}>Ask about a video</h2>
      <p className={classes.text}>
        Drop a video, a GIF or a picture anywhere in this window.{' '}
        {host.kind === 'desktop'
          ? 'Everything happens on this machine.'
          : 'It goes to the machine that runs the engine and nowhere else.'}
      </p>
      <div className={classes.buttons}>
        <Button size="md" disabled={!ready} onClick={() => void chooseVideo()} title={modKey('O')}>
          Open video…
        </Button>
        {(sample !== null || !known) && (
          <Button
            size="md"
            variant="default"
            disabled={!ready || sample === null}
            onClick={() => void openSample()}
          >
            Open sample
          </Button>
        )}
      </div>
      {host.chooseFolder !== null && (
        <Button
          variant="subtle"
          color="gray"
          className={classes.folder ?? ''}
          size="compact-sm"
          disabled={!ready}
          onClick={() => void chooseFolder()}
        >
          Open a folder of frames…
        </Button>
      )}
      {model?.demonstration && model.notice !== null && (
        <p className={classes.notice}>
          <strong>{model.name}</strong>
          {model.notice}
        </p>
      )}
    </div>
  );
}

/** The window of an application that came without a model: first things first. */
function NoModel() {
  const { navigation, jobs } = useStudio();
  const coming = useStore(jobs.store, (state) => state.jobs.some(isActive));
  return (
    <div className={classes.welcome}>
      <WelcomePicture />
      <h2 className={classes.title}>First, a model</h2>
      <p className={classes.text}>
        {coming
          ? 'One is on its way. You can ask as soon as it is here.'
          : 'Questions are answered by a model on this machine, and there is none yet. The small one is here in a minute; larger ones see more.'}
      </p>
      <div className={classes.buttons}>
        {coming ? (
          <Button size="md" onClick={() => navigation.go('downloads')}>
            Show downloads
          </Button>
        ) : (
          <StarterOffer size="md" />
        )}
        <Button size="md" variant="default" onClick={() => navigation.go('discover')}>
          Discover models
        </Button>
      </div>
    </div>
  );
}
