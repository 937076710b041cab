import { seededRandom } from '../../runtime/seeded-random.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';

/** Positions of the language model's probe. */
const textLength = 64;

/**
 * Two languages, figures and the ways of speaking that answers about videos have. Changing it changes every measured
 * figure.
 */
const text = `The video shows a woman in a red jacket who walks her dog along the beach at 0:07. She throws a ball \
into the water, the dog jumps after it, and both run back to the car. How many people can be seen? There are three. \
Das Video zeigt eine Straße in der Stadt: Ein Bus hält, zwei Kinder steigen aus und laufen über den Platz.`;

/** Token ids that a language model reads: the text above, or for a model without a tokenizer ids drawn from a seed. */
export function probeIds(vocab: number, tokenizer: Tokenizer | null): readonly number[] {
  if (tokenizer === null) {
    const random = seededRandom(1);
    return Array.from({ length: textLength }, () => Math.floor(random() * vocab));
  }
  const begin = tokenizer.bosId === null ? [] : [tokenizer.bosId];
  return [...begin, ...tokenizer.encode(tokenizer.literal(text))].slice(0, textLength);
}

/**
 * Levels 0…255 [count, size, size, 3]: slow gradients, stripes of several widths, a square that moves from frame to
 * frame, and noise, stronger on every other frame. Something for every spatial frequency that an encoder answers to.
 */
export function probeFrames(count: number, size: number): Float32Array {
  const random = seededRandom(2);
  const levels = new Float32Array(count * size * size * 3);
  let at = 0;
  for (let frame = 0; frame < count; frame++) {
    const noise = frame % 2 === 0 ? 12 : 60;
    const corner = (((frame * 0.13) % 0.7) + 0.1) * size;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const inside = x >= corner && x < corner + size / 5 && y >= corner && y < corner + size / 5;
        for (let channel = 0; channel < 3; channel++) {
          const wave = Math.sin((2 * Math.PI * ((channel + 1) * x + (frame + 1) * y)) / size + channel);
          const stripe = Math.sin((x * (frame + 2) + y * channel) / 3);
          const level = 120 + 70 * wave + 25 * stripe + noise * (random() - 0.5) + (inside ? 90 : 0);
          levels[at++] = Math.round(Math.min(255, Math.max(0, level)));
        }
      }
    }
  }
  return levels;
}
