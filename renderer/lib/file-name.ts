/** "/a/b/clips.json" -> "clips.json"; of Windows' paths too. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

/** What a file may be called on every system; null where nothing is left of the name. */
export function safeName(name: string): string | null {
  return name.replace(/[\\/:*?"<>|]/g, ' ').trim() || null;
}
