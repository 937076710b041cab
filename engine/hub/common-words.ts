/**
 * ImageNet tells 118 breeds of dog apart and has no class "dog". Where its classes are finer than everyday language,
 * a range of neighbouring classes shares one word here, so that a mixture over them is that word.
 * [first, last, word], class numbers of ILSVRC 2012.
 */
const ranges: readonly (readonly [number, number, string])[] = [
  [0, 1, 'fish'],
  [2, 4, 'shark'],
  [7, 8, 'chicken'],
  [30, 32, 'frog'],
  [33, 37, 'turtle'],
  [38, 48, 'lizard'],
  [52, 68, 'snake'],
  [72, 77, 'spider'],
  [151, 268, 'dog'],
  [281, 285, 'cat'],
  [321, 326, 'butterfly'],
  [365, 382, 'monkey'],
  [389, 397, 'fish'],
  [504, 504, 'cup of coffee'],
  [657, 657, 'rocket'],
  [665, 665, 'motorcycle'],
  [670, 670, 'motorcycle'],
  [744, 744, 'rocket'],
  [812, 812, 'rocket'],
  [967, 967, 'cup of coffee'],
  [968, 968, 'cup of coffee'],
];

/** The word that a class is shown to the language model as. */
export function commonWord(index: number, name: string): string {
  return ranges.find(([first, last]) => index >= first && index <= last)?.[2] ?? name;
}
