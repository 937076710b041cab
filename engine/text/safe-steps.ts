import { type Step, unsupportedTokenizer } from './tokenizer-parts.ts';

const mostSteps = 16;
/** How many characters all replacements together may make of one. */
const mostGrowth = 64;
const longestInsertion = 16;
const longestPattern = 10_000;

/** Of tokenizers' normalizers and pre_tokenizers, those that byte-pair models use and that end for every setting. */
const known: ReadonlySet<string> = new Set([
  ...['Sequence', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'Strip', 'StripAccents', 'Replace', 'Prepend'],
  ...['ByteLevel', 'Digits', 'Metaspace', 'Punctuation', 'Split', 'Whitespace', 'WhitespaceSplit'],
]);

/**
 * Steps come from a file and run on every text: many of them, replacements that grow and patterns that go back without
 * end would stop the engine. Throws ExpectedError 'model_unsupported', naming the step.
 */
export function requireSafeSteps(file: string, ...pipelines: readonly (Step | null)[]): void {
  const steps = pipelines.flatMap(flatten);
  const refuse = (detail: string): never => {
    throw unsupportedTokenizer(file, detail);
  };
  if (steps.length > mostSteps) refuse(`it has ${steps.length} steps`);
  if (steps.filter(({ type }) => type === 'ByteLevel').length > 1) refuse('it makes bytes of bytes');
  let growth = 1;
  for (const step of steps) {
    if (!known.has(step.type)) refuse(`its step ${step.type} is not known`);
    for (const inserted of [step.prepend, step.replacement, step.content]) {
      if (typeof inserted === 'string' && inserted.length > longestInsertion) {
        refuse(`its step ${step.type} puts in ${inserted.length} characters`);
      }
    }
    const pattern = patternOf(step);
    if (pattern !== null && !isSafePattern(pattern)) {
      refuse(`the pattern of its step ${step.type} could go back without end`);
    }
    if (step.type !== 'Replace') continue;
    const length = typeof step.content === 'string' ? step.content.length : 0;
    // A pattern may match between any two characters.
    growth *= pattern === null ? Math.max(1, length) : 1 + length;
  }
  if (growth > mostGrowth) refuse('its replacements make a text too long');
}

function flatten(step: Step | null): readonly Step[] {
  if (step === null) return [];
  const inner: unknown = step.normalizers ?? step.pretokenizers;
  return step.type === 'Sequence' && Array.isArray(inner) ? inner.flatMap(flatten) : [step];
}

/** The regular expression; '' for a plain text that is empty, null for another plain text. */
function patternOf({ pattern }: Step): string | null {
  if (typeof pattern !== 'object' || pattern === null) return null;
  if ('Regex' in pattern) return typeof pattern.Regex === 'string' ? pattern.Regex : '';
  return 'String' in pattern && pattern.String === '' ? '' : null;
}

/**
 * No group is repeated: what repeats a choice or another repetition may try exponentially many ways on a short text.
 * The patterns of the known families repeat single characters and classes only.
 */
function isSafePattern(pattern: string): boolean {
  if (pattern.length > longestPattern) return false;
  const withoutClasses = pattern.replace(/\\./gsu, 'x').replace(/\[[^\]]*\]/gu, 'x');
  return !/\)(?:[*+]|\{\d*(?:,\d*)?\})/u.test(withoutClasses);
}
