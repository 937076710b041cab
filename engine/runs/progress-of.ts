import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import {
  type Run,
  type RunSample,
  type RunStep,
  runSampleSchema,
  runStepSchema,
} from '../contract/training.ts';
import { namesIn } from '../store/names-in.ts';
import { parsed } from '../store/parsed.ts';
import { checkpointStep } from '../training/checkpoint.ts';
import { runFile } from './run-folder.ts';

/** Steps of a run after the first `from` of them, as metrics.jsonl has them. */
export function stepsFrom(folder: string, from: number): readonly RunStep[] {
  return linesOf(runFile(folder, 'metrics')).slice(from).flatMap(reader(runStepSchema));
}

const tailBytes = 64 * 1024;

/** The last steps, without reading the whole file. */
export function lastSteps(folder: string, count: number): readonly RunStep[] {
  return tailOf(runFile(folder, 'metrics')).split('\n').flatMap(reader(runStepSchema)).slice(-count);
}

export function samplesOf(folder: string): readonly RunSample[] {
  return linesOf(runFile(folder, 'samples')).flatMap(reader(runSampleSchema));
}

/** The end of the log. */
export function logOf(folder: string): string {
  return tailOf(runFile(folder, 'log'));
}

/** Whole checkpoints, oldest first, with the loss on the examples kept out. */
export function checkpointsOf(folder: string): Run['checkpoints'] {
  const root = runFile(folder, 'checkpoints');
  const losses = new Map(stepsFrom(folder, 0).map(({ step, evalLoss }) => [step, evalLoss]));
  return namesIn(root)
    .flatMap((name) => {
      const step = checkpointStep(name);
      if (step === null) return [];
      const bytes = namesIn(join(root, name)).reduce((sum, file) => sum + sizeOf(join(root, name, file)), 0);
      return [{ step, evalLoss: losses.get(step) ?? null, bytes }];
    })
    .sort((a, b) => a.step - b.step);
}

/** Of a line; nothing of one that is being written. */
function reader<T>(schema: z.ZodType<T>): (line: string) => readonly T[] {
  return (line) => {
    const value = parsed(schema, line);
    return value === null ? [] : [value];
  };
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function tailOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = statSync(path);
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      readSync(file, bytes, 0, bytes.length, Math.max(0, size - bytes.length));
      return bytes.toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
