/** A file of a repository at one commit. */
export interface HubFile {
  /** With forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Git's name of it: of the content, or of the pointer where the content is in large file storage. */
  readonly oid: string;
  /** Of the content, where it is in large file storage. */
  readonly sha256: string | null;
}

/** What a repository holds at one commit. */
export interface HubListing {
  readonly repo: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** What the shared cache calls its content. */
export function blobOf(file: HubFile): string {
  return file.sha256 ?? file.oid;
}
