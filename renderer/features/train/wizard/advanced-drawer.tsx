import { Drawer, Select, Switch, TagsInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { adaptersOf, type TrainConfig } from '../../../../engine/contract/training.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { deviceWords } from '../../../lib/config-rows.ts';
import { ConfigNumber } from './config-number.tsx';
import { NumberField } from './number-field.tsx';
import classes from './wizard.module.css';

interface AdvancedDrawerProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Every parameter that is in force. What is changed here is measured anew. */
export function AdvancedDrawer({ opened, onClose }: AdvancedDrawerProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={420}
      title="Every parameter"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.drawer}>
        <Length />
        <Optimiser />
        <Adapters />
        <Memory />
        <Evaluation />
        <Checkpoints />
      </div>
    </Drawer>
  );
}

const onlyCpu: readonly TrainConfig['device'][] = ['cpu'];

function useConfig() {
  const { wizard } = useStudio();
  return { config: useStore(wizard.store, (state) => state.config), wizard };
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={classes.group} aria-label={title}>
      <h3 className={classes.groupTitle}>{title}</h3>
      {children}
    </section>
  );
}

function Length() {
  const { config, wizard } = useConfig();
  return (
    <Group title="Length">
      <ConfigNumber name="epochs" />
      <NumberField
        label="Steps at most"
        empty="All epochs"
        value={config.maxSteps}
        min={1}
        whole
        onChange={(maxSteps) => wizard.change({ maxSteps })}
      />
      <ConfigNumber name="batch" />
      <ConfigNumber
        name="microBatch"
        help="A step’s examples are gathered from such pieces; fewer take less memory."
      />
    </Group>
  );
}

function Optimiser() {
  return (
    <Group title="Optimiser">
      <ConfigNumber name="learningRate" />
      <ConfigNumber
        name="warmupRatio"
        help="Part of all steps in which the rate rises from 0; then it falls as a cosine."
      />
      <ConfigNumber name="weightDecay" />
      <ConfigNumber name="maxGradNorm" />
      <ConfigNumber name="seed" />
    </Group>
  );
}

function Adapters() {
  const { config, wizard } = useConfig();
  const adapters = adaptersOf(config);
  if (adapters === null) return null;
  const change = (part: Partial<typeof adapters>) => wizard.change({ method: { ...adapters, ...part } });
  return (
    <Group title="Adapters">
      <NumberField
        label="Rank"
        value={adapters.rank}
        min={1}
        max={512}
        whole
        onChange={(rank) => change({ rank })}
      />
      <NumberField
        label="Alpha"
        help="What is learned counts alpha ÷ rank."
        value={adapters.alpha}
        min={1e-6}
        onChange={(alpha) => change({ alpha })}
      />
      <TagsInput
        label="Layers"
        description="By the last part of their name"
        data={['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']}
        value={adapters.targets}
        onChange={(targets) => targets.length > 0 && change({ targets })}
      />
    </Group>
  );
}

function Memory() {
  const { config, wizard } = useConfig();
  const devices = useStore(useStudio().runs.store, (state) => state.runtime.value?.devices ?? onlyCpu);
  return (
    <Group title="Computing">
      <ConfigNumber name="maxLength" help="The video’s are among them. Longer ones are cut." />
      <Switch
        label="Pack short examples into one row"
        checked={config.packing}
        onChange={(event) => wizard.change({ packing: event.currentTarget.checked })}
      />
      <Switch
        label="Compute blocks again in the backward pass"
        description="Less memory, more time"
        checked={config.checkpointing}
        onChange={(event) => wizard.change({ checkpointing: event.currentTarget.checked })}
      />
      <Select
        label="Precision"
        allowDeselect={false}
        data={[
          { value: 'fp32', label: 'float32' },
          { value: 'bf16', label: 'bfloat16' },
        ]}
        value={config.precision}
        onChange={(value) => wizard.change({ precision: value === 'bf16' ? 'bf16' : 'fp32' })}
      />
      {devices.length > 1 && (
        <Select
          label="Computed on"
          allowDeselect={false}
          data={devices.map((device) => ({ value: device, label: deviceWords[device] }))}
          value={config.device}
          onChange={(value) => wizard.change({ device: value === 'cuda' ? 'cuda' : 'cpu' })}
        />
      )}
    </Group>
  );
}

function Evaluation() {
  const { config, wizard } = useConfig();
  const { evaluation, patience } = config;
  return (
    <Group title="Evaluation">
      <NumberField
        label="Part kept out of training"
        value={evaluation.fraction}
        min={0}
        max={0.5}
        onChange={(fraction) => wizard.change({ evaluation: { ...evaluation, fraction } })}
      />
      <NumberField
        label="Of these, answered at each checkpoint"
        value={evaluation.probes}
        min={0}
        max={32}
        whole
        onChange={(probes) => wizard.change({ evaluation: { ...evaluation, probes } })}
      />
      <NumberField
        label="Ends early after so many checkpoints without a better one"
        empty="Never"
        value={patience}
        min={1}
        whole
        onChange={(value) => wizard.change({ patience: value })}
      />
    </Group>
  );
}

function Checkpoints() {
  const { config, wizard } = useConfig();
  const { checkpoints } = config;
  const change = (part: Partial<typeof checkpoints>) =>
    wizard.change({ checkpoints: { ...checkpoints, ...part } });
  return (
    <Group title="Checkpoints">
      <NumberField
        label="Every so many steps"
        value={checkpoints.everySteps}
        min={1}
        whole
        onChange={(everySteps) => change({ everySteps })}
      />
      <NumberField
        label="The last so many are kept"
        value={checkpoints.keepLast}
        min={1}
        whole
        onChange={(keepLast) => change({ keepLast })}
      />
      <Switch
        label="And the best one"
        checked={checkpoints.keepBest}
        onChange={(event) => change({ keepBest: event.currentTarget.checked })}
      />
    </Group>
  );
}
