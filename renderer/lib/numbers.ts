/** 1903 -> "1,903". */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** "8 frames", "1 frame". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** 98_000_000 -> "98 MB" (decimal, as file managers show). */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 12_300_000 -> "12 MB/s". */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** 1_284_000 -> "1.3 M", for counts that need not be exact. */
export function formatRough(value: number): string {
  if (value < 1000) return formatCount(value);
  const units = ['k', 'M', 'B'];
  let rest = value / 1000;
  let unit = 0;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${rest < 9.95 ? rest.toFixed(1) : Math.round(rest)} ${units[unit]}`;
}

/** Tokens a second and the like: 6.4, 135, "1,200". */
export function formatSpeed(value: number): string {
  return value < 9.95 ? value.toFixed(1) : formatCount(Math.round(value));
}
