import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pack } from 'tar-stream';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import { partsOf, readModel } from '../../models/model.ts';
import { partFolder } from '../../models/part.ts';
import { writeFailure } from '../write-failure.ts';
import { archiveFormat, entryName, type Manifest, manifestFile } from './manifest.ts';

export interface ExportOptions {
  readonly modelsFolder: string;
  readonly modelId: string;
  /** Absolute; a file that is there is replaced. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onBytes: (file: string, done: number, total: number) => void;
}

/** Where an export is written until it is whole: a later run of the same one replaces it. */
export const partialExport = (path: string): string => `${path}.partial`;

/**
 * Writes a model to one file: an uncompressed tar of the manifest and the parts' files, the same bytes for the same
 * model. Each file is hashed on its way. Throws ExpectedError 'model_missing', 'model_incomplete', 'disk_full',
 * 'not_allowed', 'cancelled'.
 */
export async function exportModel(options: ExportOptions): Promise<void> {
  const { modelsFolder, modelId, path, signal, onBytes } = options;
  const model = await readModel(modelsFolder, modelId);
  const parts = [...partsOf(model)];
  const manifest: Manifest = {
    format: archiveFormat,
    application: 'MERV Studio',
    bundle: model.bundle,
    parts,
  };
  const total = parts.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0);
  const partial = partialExport(path);
  const archive = pack();
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(partial, 'w');
    try {
      const feed = async (): Promise<void> => {
        archive.entry(headerOf(manifestFile, 0), JSON.stringify(manifest, null, 1));
        let done = 0;
        for (const { key, files } of parts) {
          for (const each of files) {
            const from = join(partFolder(modelsFolder, key), each.file);
            const entry = archive.entry(headerOf(entryName(key, each.file), each.bytes));
            // A destroyed archive destroys its entry too; its error is told once, by the archive.
            entry.on('error', () => {});
            const hash = createHash('sha256');
            for await (const piece of createReadStream(from, { highWaterMark: 1 << 20 })) {
              if (signal.aborted) throw cancelled();
              const bytes = piece as Buffer;
              hash.update(bytes);
              done += bytes.length;
              onBytes(each.file, done, total);
              if (!entry.write(bytes)) await drained(entry, archive);
            }
            if (hash.digest('hex') !== each.sha256) throw damaged(key, each.file);
            entry.end(null);
          }
        }
        archive.finalize();
      };
      const fed = feed();
      // Its error reaches the reader below; without a listener here it would count as unhandled meanwhile.
      fed.catch((error: Error) => archive.destroy(error));
      for await (const piece of archive) await file.writeFile(piece as Buffer);
      await fed;
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    archive.destroy();
    await rm(partial, { force: true }).catch(() => {});
    throw writeFailure(error, path);
  }
}

/** Nothing of this machine or moment: the same model makes the same file. */
function headerOf(name: string, size: number) {
  return { name, mode: 0o644, mtime: new Date(0), ...(size > 0 && { size }) };
}

function drained(
  entry: NodeJS.EventEmitter,
  archive: NodeJS.EventEmitter & { readonly destroyed?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (work: () => void) => () => {
      entry.removeListener('drain', onDrain);
      archive.removeListener('close', onClose);
      work();
    };
    const onDrain = settle(resolve);
    const onClose = settle(() => reject(cancelled()));
    entry.once('drain', onDrain);
    archive.once('close', onClose);
  });
}

function damaged(key: string, file: string): ExpectedError {
  return new ExpectedError(
    'model_incomplete',
    `${file} of the part ${key} is not what was written: its checksum differs.`,
    'Repair the model, then export it again.',
  );
}
