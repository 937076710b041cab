import { readMetadata } from './gguf-metadata.ts';
import { parseHead } from './parse-head.ts';
import { corrupt } from './problems.ts';
import { type OpenFile, openFile } from './random-access-file.ts';

/** Where the number of tensors stands: behind `GGUF` and the version. */
const tensorCountAt = 8;

/**
 * A GGUF file's metadata, its tokenizer among them, as a GGUF file without tensors. Throws what openGguf throws.
 */
export async function ggufHead(path: string, open: OpenFile = openFile): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const length = await parseHead(file, (reader) => {
      if (reader.text(4) !== 'GGUF') throw corrupt(path, 'it does not begin with GGUF');
      reader.u32();
      reader.u64();
      readMetadata(reader, reader.u64(), path, file.size);
      return reader.position;
    });
    const head = await file.read(0, length);
    head.fill(0, tensorCountAt, tensorCountAt + 8);
    return head;
  } finally {
    await file.close();
  }
}
