import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { elementTypes, externalThreshold, type GraphContents, pageSize, valueInfo } from './graph.ts';
import { encodeModel, type TensorProto } from './proto.ts';

/** Weights written so far and in all. What it throws ends the writing, and nothing of it is left. */
export type OnWeight = (done: number, total: number) => void;

/**
 * Writes a graph to `file` (…/name.onnx) and its weights to `file`.data, streaming, one weight in memory at a time. Each
 * file is written beside its place and renamed, the data first, so that a graph is never seen without it.
 */
export async function saveGraph(file: string, graph: GraphContents, onWeight?: OnWeight): Promise<void> {
  const dataFile = `${file}.data`;
  const temporary = [`${file}.part`, `${dataFile}.part`] as const;
  try {
    const initializer = await writeWeights(temporary[1], basename(dataFile), graph, onWeight);
    const model = encodeModel({
      name: basename(file, '.onnx'),
      node: graph.nodes,
      initializer,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    });
    await writeSynced(temporary[0], (handle) => handle.writeFile(model));
    await rename(temporary[1], dataFile);
    await rename(temporary[0], file);
  } catch (error) {
    await Promise.all(temporary.map((path) => rm(path, { force: true })));
    throw error;
  }
}

async function writeWeights(
  path: string,
  location: string,
  { initializers }: GraphContents,
  onWeight?: OnWeight,
): Promise<TensorProto[]> {
  const protos: TensorProto[] = [];
  await writeSynced(path, async (handle) => {
    let offset = 0;
    for (const { value, bytes } of initializers.values()) {
      const data = await bytes();
      const base = {
        name: value.name,
        dims: value.shape as readonly number[],
        dataType: elementTypes[value.type],
      };
      if (data.length < externalThreshold) {
        protos.push({ ...base, rawData: data });
      } else {
        offset = Math.ceil(offset / pageSize) * pageSize;
        await writeAll(handle, data, offset);
        const entry = { location, offset: String(offset), length: String(data.length) };
        const externalData = Object.entries(entry).map(([key, text]) => ({ key, value: text }));
        protos.push({ ...base, dataLocation: 1, externalData });
        offset += data.length;
      }
      onWeight?.(protos.length, initializers.size);
    }
  });
  return protos;
}

/** One write call takes at most 2 GiB. */
async function writeAll(handle: FileHandle, data: Uint8Array, offset: number): Promise<void> {
  const chunk = 1 << 30;
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await handle.write(
      data,
      done,
      Math.min(chunk, data.length - done),
      offset + done,
    );
    done += bytesWritten;
  }
}

async function writeSynced(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
