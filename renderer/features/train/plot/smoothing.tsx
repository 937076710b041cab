import { Slider } from '@mantine/core';
import { useStore } from 'zustand';
import { useStudio } from '../../../components/studio-context.tsx';
import classes from './smoothing.module.css';

/** How far the lines of the loss are smoothed; the raw line stays behind them. */
export function Smoothing() {
  const { trainView } = useStudio();
  const smoothing = useStore(trainView.store, (state) => state.smoothing);
  return (
    <div className={classes.smoothing}>
      <span id="smoothing">Smoothing</span>
      <Slider
        className={classes.slider ?? ''}
        size="sm"
        thumbProps={{ 'aria-labelledby': 'smoothing' }}
        label={null}
        min={0}
        max={0.98}
        step={0.02}
        value={smoothing}
        onChange={trainView.smooth}
      />
      <span className={classes.value}>{smoothing.toFixed(2)}</span>
    </div>
  );
}
