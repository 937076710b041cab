import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface NumberFieldProps {
  readonly label: string;
  readonly help?: string;
  /** Null where nothing is entered, if that may be. */
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  /** What an empty field means; without it a number is needed. */
  readonly empty?: string;
  readonly onChange: (value: number | null) => void;
}

/** A number as people write them, 1e-4 among them. What is no number of its range is said and not taken over. */
export function NumberField(props: NumberFieldProps) {
  const { label, help, value, min, max, whole = false, empty, onChange } = props;
  const [text, setText] = useState(textOf(value));
  const parsed = parse(text, props);
  useEffect(() => {
    // Changed elsewhere.
    setText((shown) =>
      parse(shown, { min, max, whole, ...(empty === undefined ? {} : { empty }) }) === value
        ? shown
        : textOf(value),
    );
  }, [value, min, max, whole, empty]);
  return (
    <TextInput
      label={label}
      description={help}
      inputMode="decimal"
      placeholder={empty}
      value={text}
      error={parsed === undefined ? rangeWords(min, max, whole) : null}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const number = parse(next, props);
        if (number !== undefined) onChange(number);
      }}
      onBlur={() => setText(textOf(value))}
    />
  );
}

/** Undefined for what cannot be taken. */
function parse(
  text: string,
  { min, max, whole = false, empty }: Pick<NumberFieldProps, 'min' | 'max' | 'whole' | 'empty'>,
): number | null | undefined {
  const clean = text.trim().replace(',', '.');
  if (clean === '') return empty === undefined ? undefined : null;
  const number = Number(clean);
  if (!Number.isFinite(number) || number < min || number > max) return undefined;
  return whole && !Number.isInteger(number) ? undefined : number;
}

function textOf(value: number | null): string {
  return value === null ? '' : String(value);
}

function rangeWords(min: number, max: number, whole: boolean): string {
  const kind = whole ? 'A whole number' : 'A number';
  return max < Number.MAX_SAFE_INTEGER ? `${kind} from ${min} to ${max}` : `${kind} from ${min} on`;
}
