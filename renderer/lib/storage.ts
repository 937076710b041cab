/** localStorage that never throws: a page without it, or with rubbish in it, works with the defaults. */
export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`merv.${key}`, JSON.stringify(value));
  } catch {
    // Private windows and full disks: the setting lasts until the window closes.
  }
}

/** What was remembered under this key as `parse` reads it; the fallback where nothing readable is there. */
export function recall<T>(key: string, fallback: T, parse: (value: unknown) => T | null): T {
  try {
    const text = localStorage.getItem(`merv.${key}`);
    return text === null ? fallback : (parse(JSON.parse(text)) ?? fallback);
  } catch {
    return fallback;
  }
}
