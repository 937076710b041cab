/**
 * What the starter's motion encoder tells of a clip, attribute by attribute, in the words that the language model is told it
 * with. What is said of shapes means something only where the scene is one of drawn shapes; the camera, where it is none.
 */
export const attributes = {
  scene: ['shapes', 'scene'],
  colour: ['red', 'green', 'blue', 'yellow', 'purple', 'orange', 'white', 'black'],
  shape: ['circle', 'square', 'triangle'],
  direction: ['left', 'right', 'up', 'down', 'still'],
  count: ['one', 'two', 'three'],
  light: ['brighter', 'darker', 'constant'],
  camera: ['still', 'left', 'right', 'closer', 'away'],
  shots: ['one', 'two', 'three'],
  mostly: ['black', 'white', 'grey', 'red', 'orange', 'yellow', 'green', 'blue', 'purple'],
} as const;

export type Attribute = keyof typeof attributes;
export const attributeNames = Object.keys(attributes) as readonly Attribute[];

/** As models/motion.ts takes it; frames are squares of so many pixels. */
export const motionConfig = {
  size: 80,
  attributes: attributeNames.map((name) => attributes[name].length),
} as const;
