import { motionConfig } from '../../../engine/hub/starter-attributes.ts';
import { keptLabels, starterEncoders } from '../../../engine/hub/starter-visual.ts';
import { efficientnetLite } from '../../../engine/models/efficientnet-lite.ts';
import { motion, motionFrames } from '../../../engine/models/motion.ts';
import { torchOps } from '../../../engine/nn/torch/ops.ts';
import type { Parameters } from '../../../engine/nn/torch/parameters.ts';
import { framesOf } from './motion-encoder.ts';
import { logitsOf, type Objects, probabilitiesOf, seenWord } from './objects.ts';
import { merged, type SeenThing } from './questions.ts';
import { below, between, type Random, type Texture } from './texture.ts';
import { naturalScene, type Scene, shapesScene } from './world.ts';

const objectFrames = starterEncoders.objects.frames;
const objectSize = 224;
/** A drawn clip's frames that are looked at; the others are taken for the same. */
const distinctFrames = 4;

/** A clip as the starter sees it: features of its two encoders, and what may be asked. */
export interface SeenClip {
  /** Object logits [12, 1, classes] and motion logits [1, attributes, values]. */
  readonly features: readonly [Float32Array, Float32Array];
  readonly scene: Scene;
  /** Of a natural clip, in order; empty for shapes. */
  readonly things: readonly SeenThing[];
}

export interface Eyes {
  readonly objects: Objects;
  /** Weights of EfficientNet-Lite0 and of the motion encoder. */
  readonly objectEncoder: Parameters;
  readonly motionEncoder: Parameters;
}

/** A scene's motion logits [attributes · values]. */
export function motionLogits(parameters: Parameters, scene: Scene): Float32Array {
  const { torch } = parameters;
  const { size } = motionConfig;
  const encoder = motion(motionConfig, parameters.within(''));
  const levels = Float32Array.from(framesOf(scene, motionFrames, size).flatMap((frame) => [...frame]));
  return torch.scope(() =>
    torch.noGrad(() => {
      const nn = torchOps(parameters);
      const given = torch.from(levels, [motionFrames, size, size, 3]);
      return torch.read(encoder.build(nn, nn.normalisePixels(given, encoder.spec.normalisation)));
    }),
  );
}

/** What the object encoder makes of a drawn scene, [12 · classes]. */
function objectLogits(parameters: Parameters, scene: Scene): Float32Array {
  const { torch } = parameters;
  const encoder = efficientnetLite({ depth: 1, size: objectSize }, parameters.within(''));
  const frames = framesOf(scene, distinctFrames, objectSize);
  const levels = new Float32Array(frames.length * frames[0]!.length);
  for (const [i, frame] of frames.entries()) levels.set(frame, i * frame.length);
  const some = torch.scope(() =>
    torch.noGrad(() => {
      const nn = torchOps(parameters);
      const given = torch.from(levels, [distinctFrames, objectSize, objectSize, 3]);
      return torch.read(encoder.build(nn, nn.normalisePixels(given, encoder.spec.normalisation)));
    }),
  );
  const classes = some.length / distinctFrames;
  const all = new Float32Array(objectFrames * classes);
  for (let i = 0; i < objectFrames; i++) {
    const from = Math.floor((i * distinctFrames) / objectFrames) * classes;
    all.set(some.subarray(from, from + classes), i * classes);
  }
  return all;
}

export function seenShapes(
  random: Random,
  { objectEncoder, motionEncoder }: Eyes,
  textures: readonly Texture[],
  heldOut: boolean,
): SeenClip {
  const scene = shapesScene(random, textures, heldOut);
  return {
    features: [objectLogits(objectEncoder, scene), motionLogits(motionEncoder, scene)],
    scene,
    things: [],
  };
}

/**
 * A natural clip: its pictures are drawn leaves, which the motion encoder sees; what the object encoder says of them is made up, for
 * every class there is, as unsure as it is with real pictures. `heldOut`: whether the words are those kept from learning.
 */
export function seenNatural(
  random: Random,
  { objects, motionEncoder }: Eyes,
  textures: readonly Texture[],
  heldOut: boolean,
): SeenClip {
  const scene = naturalScene(random, textures);
  const allowed = objects.words.flatMap((_, i) => (objects.heldOut.has(i) === heldOut ? [i] : []));
  const unrest = between(random, 0.1, 0.7);
  const shots = scene.cuts.length + 1;
  const given = Array.from({ length: shots }, () => {
    const sure = random() < 0.65 ? between(random, 0.5, 0.99) : between(random, 0.02, 0.5);
    return probabilitiesOf(objects, allowed[below(random, allowed.length)]!, sure, random);
  });
  const shotAt = (moment: number) => scene.cuts.filter((cut) => cut <= moment).length;
  const frames = Array.from({ length: objectFrames }, (_, i) => {
    const shot = shotAt((i + 0.5) / objectFrames);
    return { shot, logits: logitsOf(given[shot]!, unrest, random) };
  });
  const things = given.flatMap((_, shot): SeenThing[] => {
    const own = frames.filter((frame) => frame.shot === shot).map(({ logits }) => logits);
    if (own.length === 0) return [];
    const { word, mass } = seenWord(objects, own, keptLabels);
    return [{ word: objects.words[word]!, sure: mass > 0.42 ? 'yes' : mass > 0.18 ? 'maybe' : 'no' }];
  });
  const classes = objects.wordOf.length;
  const logits = new Float32Array(objectFrames * classes);
  for (const [i, frame] of frames.entries()) logits.set(frame.logits, i * classes);
  return { features: [logits, motionLogits(motionEncoder, scene)], scene, things: merged(things) };
}
