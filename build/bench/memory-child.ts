/** What one graph takes of memory, step by step, as one line of JSON: run by memory.ts in a process of its own. */
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { LanguageModel, type LanguageModelShape } from '../../engine/runtime/language-model.ts';
import type { MemoryStep, MemorySubject } from './memory.ts';

const steps: MemoryStep[] = [];
const note = (step: string): void => {
  const { maxRSS } = process.resourceUsage();
  steps.push({ step, rss: process.memoryUsage().rss, peak: maxRSS * 1024 });
};

async function encoder(file: string, size: number, clip: number | null): Promise<void> {
  const session = await EncoderSession.open(file);
  note('loaded');
  for (const frames of clip === null ? [1, 1, 2, 4, 8, 16] : [clip, clip]) {
    await session.encode(new Float32Array(frames * size * size * 3), size);
    note(`${frames} frames a call`);
  }
}

async function languageModel(file: string, shape: LanguageModelShape): Promise<void> {
  const model = await LanguageModel.open(file, shape);
  note('loaded');
  for (let tokens = 256; tokens <= 2048; tokens += 256) {
    await model.forward(new Float32Array(256 * shape.hidden).fill(0.01));
    note(`${tokens} tokens`);
  }
  for (let i = 0; i < 8; i++) await model.forward(new Float32Array(shape.hidden).fill(0.01));
  note('generating');
}

note('nothing');
const subject = JSON.parse(process.argv[2]!) as MemorySubject;
if (subject.kind === 'encoder') await encoder(subject.file, subject.size, subject.clip);
else await languageModel(subject.file, subject.shape);
console.log(JSON.stringify(steps));
