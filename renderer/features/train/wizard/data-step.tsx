import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import { useStudio } from '../../../components/studio-context.tsx';
import { ChoiceCard } from './choice-card.tsx';
import { DataReportView } from './data-report-view.tsx';
import classes from './wizard.module.css';

/** What it learns from: the sample, or files of the user's own. */
export function DataStep() {
  const { wizard, runs, training, host } = useStudio();
  const { file, media } = useStore(wizard.store, (state) => state.config.data);
  const sample = useStore(runs.store, (state) => state.sample);
  const isSample = sample !== null && file === sample.file;
  return (
    <>
      <fieldset className={classes.part}>
        <legend className={classes.legend}>What does it learn from?</legend>
        <div className={classes.cards}>
          {sample !== null && (
            <ChoiceCard
              name="data"
              title="Sample data"
              about="A few questions about a short clip that comes with MERV Studio. Learned in minutes: good for a first run."
              checked={isSample}
              onChoose={() => void wizard.chooseSample(sample)}
            />
          )}
          {host.training !== null && (
            <ChoiceCard
              name="data"
              title="Your own"
              about="A JSON file in the Video-LLaVA form: a list of id, video or image, and conversations."
              checked={!isSample}
              onChoose={wizard.leaveSample}
            />
          )}
        </div>
        {host.training === null && (
          <p className={classes.help}>
            A browser cannot hand over a data set’s files. Train on your own data in the desktop application
            or with “merv train”.
          </p>
        )}
      </fieldset>
      {host.training !== null && !isSample && (
        <section className={classes.part} aria-label="Your data set">
          <div className={classes.path}>
            <Button variant="default" onClick={() => void training.chooseDataFile()}>
              Choose the data set…
            </Button>
            <span className={classes.chosen}>{file === '' ? 'No file chosen' : file}</span>
          </div>
          <div className={classes.path}>
            <Button
              variant="default"
              disabled={file === ''}
              onClick={() => void training.chooseMediaFolder()}
            >
              Choose the videos’ folder…
            </Button>
            <span className={classes.chosen}>
              {media === '' ? 'The folder that the paths in the file start from' : media}
            </span>
          </div>
        </section>
      )}
      <DataReportView />
    </>
  );
}
