import { ByteReader, OutOfBytes } from './byte-reader.ts';
import { corrupt } from './problems.ts';
import type { RandomAccessFile } from './random-access-file.ts';

const firstBytes = 8 << 20;
/** No known model's tables come near; a hostile header cannot make us hold more. */
const mostBytes = 128 << 20;

/**
 * Parses what lies at the start of a file without knowing its length: reads 8 MiB and, while `parse` runs out of
 * bytes, four times as much. Throws ExpectedError 'file_corrupt' when the file (or 128 MiB) ends first.
 */
export async function parseHead<T>(file: RandomAccessFile, parse: (reader: ByteReader) => T): Promise<T> {
  for (let length = firstBytes; ; length *= 4) {
    const available = Math.min(length, file.size, mostBytes);
    const bytes = await file.read(0, available);
    try {
      return parse(new ByteReader(bytes));
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
      if (available === file.size) throw corrupt(file.path, 'it ends inside its header', error);
      if (available === mostBytes) throw corrupt(file.path, 'its header is longer than 128 MiB', error);
    }
  }
}
