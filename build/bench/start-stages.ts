/** The parts of a start, one after the other, as one line of JSON: run by start.ts in a process of its own. */
import { join } from 'node:path';
import { readModel } from '../../engine/models/model.ts';
import { EncoderSession, VisualSession } from '../../engine/runtime/encoder-session.ts';
import { LanguageModel } from '../../engine/runtime/language-model.ts';
import { openDatabase } from '../../engine/store/database.ts';
import { openFolders } from '../../engine/store/folders.ts';
import { fromGguf } from '../../engine/text/gguf-tokenizer.ts';
import { decodeFrames } from '../../engine/video/decode.ts';
import { findFfmpeg } from '../../engine/video/ffmpeg.ts';
import { openVideo } from '../../engine/video/video.ts';
import { openGguf } from '../../engine/weights/gguf.ts';

const times: Record<string, number> = {};
const stage = async <T>(name: string, work: () => Promise<T> | T): Promise<T> => {
  const start = performance.now();
  const result = await work();
  times[name] = performance.now() - start;
  return result;
};

async function main(): Promise<void> {
  times['Node and our modules'] = performance.timeOrigin + performance.now() - Number(process.argv[2]);
  const folders = openFolders();
  await stage('database', () => openDatabase(folders.database).close());
  const ffmpeg = await stage('ffmpeg found', () => findFfmpeg());
  const video = await stage('video opened', () =>
    openVideo(join(process.cwd(), 'resources', 'sample.mp4'), { ffmpeg }),
  );
  await stage('12 frames decoded', () => {
    const { frameCount } = video.info;
    return decodeFrames(
      video,
      Array.from({ length: 12 }, (_, i) => Math.floor((i * (frameCount - 1)) / 11)),
    );
  });
  const starter = await stage('bundle.json and parts', () => readModel(folders.models, 'starter'));
  const { encoders, visual, languageModel, tokenizer } = starter;
  const source = await stage('GGUF metadata', () => openGguf(join(tokenizer.folder, tokenizer.spec.file)));
  await stage('tokenizer', () => fromGguf(source.metadata));
  await source.close();
  const [eye] = encoders;
  await stage('encoder session', () => EncoderSession.open(join(eye!.folder, eye!.spec.graph)));
  await stage('projector session', () => VisualSession.open(join(visual!.folder, visual!.spec.graph)));
  const { hidden, graph } = languageModel.spec;
  const model = await stage('language model session', () =>
    LanguageModel.open(join(languageModel.folder, graph), languageModel.spec),
  );
  await stage('language model, 64 tokens read', () => model.forward(new Float32Array(64 * hidden)));
  process.stdout.write(JSON.stringify(times), () => process.exit(0));
}

void main();
