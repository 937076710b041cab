// A process that reads every fourth tensor of a file: read-large.ts <path>. Prints a line of JSON.
import { openTensors } from '../../../../engine/weights/open.ts';

const source = await openTensors(process.argv[2] ?? '');
let bytes = 0;
const ends: (readonly [string, number | undefined, number | undefined])[] = [];
for (const [i, name] of [...source.tensors.keys()].entries()) {
  if (i % 4 !== 3) continue;
  const values = await source.read(name);
  bytes += values.byteLength;
  ends.push([name, values[0], values.at(-1)]);
}
await source.close();

console.log(JSON.stringify({ bytes, ends, maxRss: process.resourceUsage().maxRSS * 1024 }));
