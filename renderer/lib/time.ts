/** Times as people write them. All values are seconds; none of these functions throws. */

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** 7 -> "0:07", 3723 -> "1:02:03". With `decimals`, a fraction that never rounds up into the next second. */
export function formatClock(seconds: number, decimals: 0 | 1 | 2 = 0): string {
  const safe = Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
  const scale = 10 ** decimals;
  // 1e-6 forgives binary fractions: 8.3 is stored as 8.2999…
  const units = Math.floor(safe * scale + 1e-6);
  const whole = Math.floor(units / scale);
  const fraction = decimals === 0 ? '' : `.${String(units % scale).padStart(decimals, '0')}`;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const tail = `${pad(whole % 60)}${fraction}`;
  return hours > 0 ? `${hours}:${pad(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** "7.5", "0:07.5", "1:02:03" and "7.5 s" -> seconds; null for anything else. A decimal comma is accepted. */
export function parseClock(text: string): number | null {
  const clean = text.trim().replace(',', '.').replace(/\s*s$/i, '');
  const match = /^(?:(?:(\d+):)?(\d{1,3}):)?(\d+(?:\.\d*)?|\.\d+)$/.exec(clean);
  if (!match) return null;
  const [, hours, minutes, rest] = match;
  const seconds = Number(rest);
  if (minutes !== undefined && seconds >= 60) return null;
  if (hours !== undefined && Number(minutes) >= 60) return null;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + seconds;
}

/** A stretch of time for reading: "0.4 s", "12 s", "2 min 5 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.95) return `${seconds < 0.095 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Milliseconds for reading: "38 ms", "1.2 s". */
export function formatMs(ms: number): string {
  return ms < 950 ? `${Math.round(ms)} ms` : formatSeconds(ms / 1000);
}
