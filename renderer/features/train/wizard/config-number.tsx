import { useStore } from 'zustand';
import type { TrainConfig } from '../../../../engine/contract/training.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { NumberField } from './number-field.tsx';

type NumberName = {
  [K in keyof TrainConfig]: TrainConfig[K] extends number ? K : never;
}[keyof TrainConfig];

interface Parameter {
  readonly label: string;
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
}

const parameters: Readonly<Record<NumberName, Parameter>> = {
  epochs: { label: 'Epochs', min: 0.01, max: 1000 },
  batch: { label: 'Examples a step', min: 1, max: 4096, whole: true },
  microBatch: { label: 'Computed at once', min: 1, max: 512, whole: true },
  learningRate: { label: 'Learning rate', min: 1e-9, max: 1 },
  warmupRatio: { label: 'Warm-up', min: 0, max: 1 },
  weightDecay: { label: 'Weight decay', min: 0 },
  maxGradNorm: { label: 'Clip gradients at', min: 1e-6 },
  seed: { label: 'Seed', min: 0, max: 0xffffffff, whole: true },
  maxLength: { label: 'Longest example, in tokens', min: 16, whole: true },
};

interface ConfigNumberProps {
  readonly name: NumberName;
  readonly help?: string;
}

/** A number of the configuration that the wizard makes. */
export function ConfigNumber({ name, help }: ConfigNumberProps) {
  const { wizard } = useStudio();
  const value = useStore(wizard.store, (state) => state.config[name]);
  return (
    <NumberField
      {...parameters[name]}
      {...(help === undefined ? {} : { help })}
      value={value}
      onChange={(next) => wizard.change({ [name]: next })}
    />
  );
}
