import { NumberInput, Slider } from '@mantine/core';
import { useId } from 'react';
import classes from './level.module.css';

interface LevelProps {
  readonly label: string;
  readonly help?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Where the slider ends before the number does. */
  readonly sliderMax?: number;
  /** True where another setting leaves this one without effect. */
  readonly idle?: boolean;
  readonly onChange: (value: number) => void;
}

/** One number, by slider or typed. */
export function Level({
  label,
  help,
  value,
  min,
  max,
  step,
  sliderMax = max,
  idle = false,
  onChange,
}: LevelProps) {
  const id = useId();
  const decimals = step < 1 ? 2 : 0;
  return (
    <div data-idle={idle}>
      <div className={classes.top}>
        <label className={classes.label} htmlFor={id}>
          {label}
          {idle && <span className={classes.idle}> not in use</span>}
        </label>
        <NumberInput
          id={id}
          size="xs"
          className={classes.number ?? ''}
          value={value}
          min={min}
          max={max}
          step={step}
          decimalScale={decimals}
          allowDecimal={decimals > 0}
          allowNegative={false}
          clampBehavior="blur"
          hideControls
          onChange={(next) => {
            if (typeof next === 'number') onChange(next);
          }}
        />
      </div>
      <Slider
        size="sm"
        thumbLabel={label}
        label={null}
        value={Math.min(value, sliderMax)}
        min={min}
        max={sliderMax}
        step={step}
        onChange={(next) => onChange(Number(next.toFixed(decimals)))}
      />
      {help !== undefined && <p className={classes.help}>{help}</p>}
    </div>
  );
}
