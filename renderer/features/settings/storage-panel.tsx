import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import { Meter } from '../../components/meter.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { diskOf } from '../../lib/model-facts.ts';
import { formatBytes } from '../../lib/numbers.ts';
import { encoderColour } from '../../lib/theme.ts';
import { Path } from './path.tsx';
import { Setting, SettingsPage } from './setting.tsx';
import classes from './storage-panel.module.css';

/** What the models take, and where everything lies. */
export function StoragePanel() {
  const { engine, models, settings, host, manager } = useStudio();
  const info = useStore(engine.store, (state) => state.info);
  const list = useStore(models.store, (state) => state.models);
  const account = useStore(settings.store, (state) => state.account);
  const { bytes } = diskOf(list);
  const shared = bytes - list.reduce((sum, model) => sum + model.ownBytes, 0);
  const pieces = [
    ...list.map((model, i) => ({ label: model.name, value: model.ownBytes, colour: encoderColour(i) })),
    { label: 'Shared by several', value: shared, colour: 'var(--m-faint)' },
  ].filter((piece) => piece.value > 0);
  return (
    <SettingsPage>
      <div className={classes.used}>
        <h2 className={classes.heading}>{formatBytes(bytes)} used by models</h2>
        {bytes > 0 && (
          <Meter label="Disk used by models" words={formatBytes(bytes)} pieces={pieces} limit={bytes} />
        )}
        <ul className={classes.legend}>
          {pieces.map((piece) => (
            <li key={piece.label}>
              <i style={{ background: piece.colour }} aria-hidden />
              <span className={classes.name}>{piece.label}</span>
              <span className={classes.bytes}>{formatBytes(piece.value)}</span>
            </li>
          ))}
        </ul>
      </div>
      {info !== null && (
        <>
          <Setting
            title="Models folder"
            help="Moving copies every model, checks it, and only then removes the old one."
          >
            <Path path={info.modelsFolder} />
            {host.models !== null && (
              <Button size="xs" variant="default" onClick={() => void manager.moveModels()}>
                Move to another folder…
              </Button>
            )}
          </Setting>
          <Setting title="Data folder" help="Conversations, settings and kept features.">
            <Path path={info.dataFolder} />
          </Setting>
        </>
      )}
      {account !== null && (
        <Setting
          title="Hugging Face cache"
          help="Downloaded files, shared with other programs that use Hugging Face. HF_HOME moves it."
        >
          <Path path={account.cacheFolder} />
        </Setting>
      )}
    </SettingsPage>
  );
}
