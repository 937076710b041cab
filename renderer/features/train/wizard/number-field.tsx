import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  /** Whether nothing may be entered. */
  readonly optional: boolean;
}

type NumberFieldProps = {
  readonly label: string;
  readonly help?: string;
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
} & (
  | { readonly value: number; readonly empty?: never; readonly onChange: (value: number) => void }
  | {
      /** Null where nothing is entered. */
      readonly value: number | null;
      /** What an empty field means. */
      readonly empty: string;
      readonly onChange: (value: number | null) => void;
    }
);

/** A number as people write them, 1e-4 among them. What is no number of its range is said and not taken over. */
export function NumberField(props: NumberFieldProps) {
  const { label, help, value, min, max = Number.MAX_SAFE_INTEGER, whole = false, empty } = props;
  const optional = empty !== undefined;
  const [text, setText] = useState(textOf(value));
  const parsed = parse(text, { min, max, whole, optional });
  useEffect(() => {
    // Changed elsewhere.
    setText((shown) => (parse(shown, { min, max, whole, optional }) === value ? shown : textOf(value)));
  }, [value, min, max, whole, optional]);
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
        const number = parse(next, { min, max, whole, optional });
        if (number === undefined) return;
        if (props.empty !== undefined) props.onChange(number);
        else if (number !== null) props.onChange(number);
      }}
      onBlur={() => setText(textOf(value))}
    />
  );
}

/** Undefined for what cannot be taken. */
function parse(text: string, { min, max, whole, optional }: Range): number | null | undefined {
  const clean = text.trim().replace(',', '.');
  if (clean === '') return optional ? null : undefined;
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
