import type { Preflight, RunSample, TrainConfig } from '../../../../engine/contract/training.ts';
import { trainConfigSchema } from '../../../../engine/contract/training.ts';
import { scriptedRun, scriptedStep, type TrainingScript } from './scripted-training.ts';

const gigabyte = 1_000_000_000;

export const sampleConfig: TrainConfig = trainConfigSchema.parse({
  name: 'First run',
  modelId: 'starter',
  data: { file: '/resources/sample-training.json', media: '/resources' },
  recipe: 'finetune',
  epochs: 10,
  learningRate: 5e-4,
});

const framesEvery = (count: number, stride: number) =>
  Array.from({ length: count }, (_, i) => ({ index: i * stride, seconds: (i * stride) / 12 }));

/** Each of another colour, and none a real frame. */
const picturesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    index,
    seconds: index / 12,
    dataUrl: `data:image/svg+xml,${encodeURIComponent(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9" width="256" height="144"><rect width="16" height="9" fill="hsl(${index * 7} 40% 40%)"/></svg>`,
    )}`,
  }));

/** A measurement that takes less memory with each saving that was applied. */
export function scriptedPreflight(config: TrainConfig): Preflight {
  const memoryBytes = (config.checkpointing ? 1.1 : 1.9) * gigabyte + config.microBatch * 0.4 * gigabyte;
  return {
    data: {
      examples: 48,
      withVideo: 44,
      withImage: 3,
      textOnly: 1,
      problems: [{ row: 6, sentence: 'Row 7: the video clips/lost.mp4 is not there.' }],
      problemCount: 1,
    },
    firstBatch: [
      {
        id: 'cat-1-1',
        media: '/resources/sample.mp4',
        frames: [
          { encoder: 'efficientnet-lite0', frames: framesEvery(8, 5) },
          { encoder: 'motion', frames: framesEvery(16, 2) },
        ],
        pictures: picturesOf(45),
        visualTokens: 24,
        tokens: 61,
        pieces: [
          { kind: 'given', text: '<|im_start|>user\n' },
          { kind: 'video', text: '' },
          {
            kind: 'given',
            text: 'Which animal is in the video?<|im_end|>\n<|im_start|>assistant\n',
          },
          { kind: 'learned', text: 'A cat.<|im_end|>' },
        ],
        cut: 0,
      },
      {
        id: 'a-harbour-at-dusk-with-a-very-long-name-that-somebody-gave-to-it-second-take',
        media: '/resources/a-harbour-at-dusk-with-a-very-long-name-that-somebody-gave-to-it.mp4',
        frames: [{ encoder: 'efficientnet-lite0', frames: framesEvery(3, 10) }],
        pictures: picturesOf(45),
        visualTokens: 24,
        tokens: 2048,
        pieces: [
          {
            kind: 'given',
            text: '<|im_start|>user\n\nDescribe it.<|im_end|>\n<|im_start|>assistant\n',
          },
          { kind: 'learned', text: 'Boats come in while the sun goes down behind the cranes.' },
        ],
        cut: 312,
      },
    ],
    trainableParameters: 1_240_000,
    totalParameters: 141_000_000,
    steps: 110,
    memoryBytes,
    totalMemoryBytes: 16 * gigabyte,
    secondsPerStep: 0.42,
    secondsToEncode: 18,
    secondsToTrain: 46,
    diskBytes: 0.12 * gigabyte,
    freeDiskBytes: 210 * gigabyte,
    savings: [
      ...(config.microBatch > 1
        ? [
            {
              title: 'Compute one example at a time',
              savesBytes: (config.microBatch - 1) * 0.4 * gigabyte,
              change: { microBatch: 1 },
            },
          ]
        : []),
      ...(config.checkpointing
        ? []
        : [
            {
              title: 'Compute blocks again in the backward pass',
              savesBytes: 0.8 * gigabyte,
              change: { checkpointing: true },
            },
          ]),
    ],
    problems: [],
    warnings: ['1 example is longer than 2,048 tokens and is cut.'],
  };
}

/** A run of each state, with curves and answers. */
export function fillTraining(training: TrainingScript): void {
  training.preflight = scriptedPreflight;
  training.stepMs = 60;
  training.log = Array.from(
    { length: 60 },
    (_, i) => `2026-01-12T10:0${Math.floor(i / 10)}:0${i % 10} step ${i + 1} loss ${(3 - i / 30).toFixed(3)}`,
  ).join('\n');
  const checkpoints = [40, 80].map((step) => ({
    step,
    evalLoss: 0.55 + 2.4 * Math.exp(-step / 50),
    bytes: 14_200_000,
  }));
  const running = scriptedRun(sampleConfig, {
    state: 'running',
    detail: 'Step 96 of 200',
    step: 96,
    steps: 200,
    loss: 0.71,
    best: { loss: 1.03, step: 80 },
    secondsPerStep: 0.42,
    secondsLeft: 44,
    memoryBytes: 1.41 * gigabyte,
    checkpoints,
    notes: ['Row 7: the video clips/lost.mp4 is not there; it is left out.'],
  });
  const long = scriptedRun(
    {
      ...sampleConfig,
      name: 'Harbour cameras, all weights, second try with the new captions and a very long name (3)',
      recipe: 'full-align',
      method: { kind: 'full' },
      learningRate: 2e-5,
    },
    {
      state: 'done',
      detail: 'Done',
      step: 160,
      steps: 160,
      loss: 0.52,
      best: { loss: 0.66, step: 160 },
      checkpoints,
    },
  );
  const failed = scriptedRun(
    { ...sampleConfig, name: 'Too fast', learningRate: 0.5 },
    {
      state: 'failed',
      detail: 'Failed at step 12',
      step: 12,
      steps: 200,
      loss: 9.4,
      error: {
        code: 'training_diverged',
        sentence: 'The loss of step 13 is no number: the batch of cat-1-1 and cat-1-4.',
        remedy: 'Make the learning rate smaller, then duplicate the run.',
      },
    },
  );
  const paused = scriptedRun(
    { ...sampleConfig, name: 'Overnight' },
    {
      state: 'paused',
      detail: 'Paused at step 60',
      step: 60,
      steps: 4_000,
      loss: 1.31,
      checkpoints: checkpoints.slice(0, 1),
    },
  );
  const tooLarge = scriptedRun(
    { ...sampleConfig, name: 'All weights at once', method: { kind: 'full' }, microBatch: 4 },
    {
      state: 'failed',
      detail: 'Failed',
      steps: 200,
      error: {
        code: 'out_of_memory',
        sentence: 'There is not enough memory for a step (aten::linear).',
        remedy: 'Make one of the changes below, or take a smaller model.',
      },
      savings: scriptedPreflight({ ...sampleConfig, microBatch: 4 }).savings,
    },
  );
  training.runs = [running, paused, failed, tooLarge, long];
  for (const run of training.runs) {
    const steps = Array.from({ length: run.step }, (_, i) =>
      scriptedStep(i + 1, run.step * 2, 2, (i + 1) % 40 === 0),
    );
    const shift = run === long ? 0.3 : 0;
    training.steps.set(
      run.id,
      steps.map((step) => ({ ...step, loss: step.loss + shift })),
    );
    training.samples.set(run.id, samplesAt(run.checkpoints.map(({ step }) => step)));
  }
}

function samplesAt(steps: readonly number[]): readonly RunSample[] {
  const probes = [
    ['cat-1-3', 'Is there a cup of coffee?', 'No, there is a cat.', ['Yes, a cup.', 'No, there is a cat.']],
    ['cat-1-2', 'What do you see?', 'A tabby cat with green eyes.', ['A dog.', 'A tabby cat.']],
    [
      'cup-2-1',
      'What stands on the table beside the window in the second half?',
      'A cup of coffee.',
      ['', 'A cup.'],
    ],
  ] as const;
  return steps.flatMap((step, i) =>
    probes.map(([example, question, wanted, answers]) => ({
      step,
      example,
      media: '/resources/sample.mp4',
      clip: { from: 3.6, to: 5.4 },
      question,
      wanted,
      answer: answers[i] ?? '',
    })),
  );
}
