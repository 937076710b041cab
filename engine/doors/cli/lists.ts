import type { ModelSummary } from '../../contract/models.ts';
import type { DoctorCheck } from '../../contract/system.ts';

/** `merv models` for people. */
export function modelsText(models: readonly ModelSummary[]): string {
  if (models.length === 0)
    return 'No model is installed. Choose one of `merv catalogue`; `merv install starter` is the smallest.\n';
  return models
    .map(({ id, name, notice, bytes, encoders, contextLength, visualTokens, parts, problem, adapterOf }) =>
      [
        `${id}  ${name}`,
        ...(adapterOf === null ? [] : [`  with an adapter beside the language model of ${adapterOf}`]),
        ...(notice === null ? [] : [`  ${notice}`]),
        ...(problem === null ? [] : [`  PROBLEM: ${problem.sentence}`, `  → ${problem.remedy}`]),
        `  ${(bytes / 2 ** 20).toFixed(0)} MB, context ${contextLength} tokens, ${visualTokens} of them visual`,
        ...encoders.map((encoder) => `  sees ${encoder.frames} frames through ${encoder.name}`),
        ...parts.map(
          (part) =>
            `  ${part.role}: ${part.name}${part.precision ? `, ${part.precision}` : ''}, ${part.licence}`,
        ),
        '',
      ].join('\n'),
    )
    .join('\n');
}

const marks = { ok: 'ok     ', note: 'note   ', problem: 'PROBLEM' } as const;

/** `merv doctor` for people: each lack with its remedy below. */
export function doctorText(checks: readonly DoctorCheck[]): string {
  const width = Math.max(...checks.map(({ title }) => title.length));
  return checks
    .map(({ title, status, detail, remedy }) => {
      const line = `${marks[status]}  ${title.padEnd(width)}  ${detail}\n`;
      return remedy === null ? line : `${line}${' '.repeat(11 + width)}→ ${remedy}\n`;
    })
    .join('');
}
