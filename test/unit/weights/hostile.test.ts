import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGguf } from '../../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../../engine/weights/gguf-llama.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import {
  type Code,
  checkpoint,
  type GgufMade,
  gguf,
  pickled,
  type Strided,
  safetensors,
  torchLegacy,
  torchZip,
  zip,
} from './containers.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readAll(path: string): Promise<void> {
  const source = await openTensors(path);
  try {
    for (const name of source.tensors.keys()) await source.read(name);
  } finally {
    await source.close();
  }
}

let made = 0;
/** What opening and reading these bytes is refused with. */
async function refusal(bytes: Uint8Array): Promise<{ code: string; message: string }> {
  const path = join(folder, `file-${made++}`);
  await writeFile(path, bytes);
  const error: unknown = await readAll(path).then(
    () => 'it was read',
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ExpectedError', message: expect.stringContaining(path) });
  return error as { code: string; message: string };
}

const { program, text, integer, tuple, list, dict, global, call, none } = pickled;
const storages = new Map([['0', [1, 2, 3, 4]]]);
const whole: Strided = { name: 'w', key: '0', storageLength: 4, offset: 0, shape: [2, 2], strides: [2, 1] };
const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const inZip = (pickle: Code): Buffer => torchZip(pickle, storages);

const forbidden = [
  ...['os.system', 'posix.system', 'nt.system', 'subprocess.Popen', 'builtins.eval', 'builtins.exec'],
  ...['builtins.getattr', '__builtin__.eval', 'importlib.import_module', 'runpy._run_code', 'pickle.loads'],
  ...['numpy.core.multiarray._reconstruct', 'numpy.dtype', '_codecs.encode', 'copyreg._reconstructor'],
  ...[
    'torch.storage._load_from_bytes',
    'torch._utils._rebuild_sparse_tensor',
    'torch._utils._rebuild_qtensor',
  ],
  ...[
    'torch._utils._rebuild_device_tensor_from_numpy',
    'torch._utils._rebuild_wrapper_subclass',
    'torch.load',
  ],
  ...['torch._utils._rebuild_tensor_v3', 'torch.jit._unpickler.build_intlist', 'torch.hub.load'],
  ...[
    'torch.nn.modules.linear.Linear',
    'collections.defaultdict',
    '__main__.Config',
    'torch.FloatStorage.dtype',
  ],
];

describe('pickles', () => {
  it.each(forbidden)('%s is refused by name, however it is written', async (name) => {
    const dot = name.lastIndexOf('.');
    const [module, attribute] = [name.slice(0, dot), name.slice(dot + 1)];
    const stacked = Buffer.concat([text(module), text(attribute), bytes(0x93)]);
    for (const target of [global(module, attribute), stacked]) {
      for (const pickle of [
        program(call(target, text('echo'))),
        program(dict([text('w'), call(target)])),
        // Only named, never called.
        program(list(target)),
      ]) {
        expect(await refusal(inZip(pickle))).toMatchObject({
          code: 'file_unsupported',
          message: expect.stringContaining(name),
        });
      }
    }
    const legacy = torchLegacy(program(call(global(module, attribute))), storages);
    expect((await refusal(legacy)).message).toContain(name);
  });

  it.each([
    ['INST', Buffer.concat([Buffer.from('(ios\nsystem\n')])],
    ['OBJ', Buffer.concat([Buffer.from('('), global('collections', 'OrderedDict'), Buffer.from('o')])],
    ['EXT1', bytes(0x82, 1)],
    ['NEWOBJ_EX', Buffer.concat([global('collections', 'OrderedDict'), Buffer.from(')}'), bytes(0x92)])],
    ['BYTEARRAY8', bytes(0x96, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['NEXT_BUFFER', bytes(0x97)],
    ['FROZENSET', Buffer.concat([Buffer.from('('), bytes(0x91)])],
    ['PERSID', Buffer.from('P0\n')],
    ['INT as text', Buffer.from('I1\n')],
    ['STRING with quotes', Buffer.from("S'os.system'\n")],
    ['GET as text', Buffer.from('g0\n')],
  ])('the opcode %s is refused', async (_name, code) => {
    const { code: errorCode, message } = await refusal(inZip(program(code)));
    expect(errorCode).toBe('file_corrupt');
    expect(message).toContain('opcode 0x');
  });

  it.each([
    ['calls a class that holds data', program(call(global('torch', 'FloatStorage'), integer(4)))],
    ['calls what is no function', program(Buffer.concat([text('os.system'), tuple(), Buffer.from('R')]))],
    ['names a function by what is no text', program(Buffer.concat([integer(1), list(), bytes(0x93)]))],
    [
      'sets the state of a function',
      program(Buffer.concat([global('collections', 'OrderedDict'), dict(), Buffer.from('b')])),
    ],
    ['makes a dictionary of no pairs', program(call(global('collections', 'OrderedDict'), text('ab')))],
    [
      'gives a parameter that is no tensor',
      program(call(global('torch._utils', '_rebuild_parameter'), none)),
    ],
    ['has no end', Buffer.concat([bytes(0x80, 2), list()])],
    ['is of protocol 6', Buffer.concat([bytes(0x80, 6), list(), Buffer.from('.')])],
    ['has a text longer than itself', program(bytes(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x40))],
    ['has an integer of 2 GiB', program(bytes(0x8b, 0xff, 0xff, 0xff, 0x7f))],
    ['takes steps without end', program(Buffer.alloc(3_000_000, '}'))],
    [
      'gives tensors names without end',
      program(dict([text('n'.repeat(5000)), list(checkpoint([whole]).subarray(2, -1))])),
    ],
  ])('one that %s is refused', async (_what, pickle) => {
    expect((await refusal(inZip(pickle))).code).toBe('file_corrupt');
  });

  const storageId = (...items: readonly Code[]): Code => Buffer.concat([tuple(...items), Buffer.from('Q')]);
  const floats = global('torch', 'FloatStorage');
  it.each([
    ['a text', Buffer.concat([text('storage'), Buffer.from('Q')])],
    ['a list', Buffer.concat([list(text('storage')), Buffer.from('Q')])],
    ['nothing', storageId()],
    ['another tag', storageId(text('module'), floats, text('0'), text('cpu'), integer(4))],
    [
      'a class that is no storage',
      storageId(text('storage'), global('torch', 'Size'), text('0'), text('cpu'), integer(4)),
    ],
    [
      'a text for a class',
      storageId(text('storage'), text('torch.FloatStorage'), text('0'), text('cpu'), integer(4)),
    ],
    ['a number for a key', storageId(text('storage'), floats, integer(0), text('cpu'), integer(4))],
    ['a negative length', storageId(text('storage'), floats, text('0'), text('cpu'), integer(-4))],
    [
      'a length beyond 2^53',
      storageId(text('storage'), floats, text('0'), text('cpu'), pickled.long([0, 0, 0, 0, 0, 0, 0, 1])),
    ],
    [
      'a view',
      storageId(
        text('storage'),
        floats,
        text('0'),
        text('cpu'),
        integer(4),
        tuple(text('1'), integer(0), integer(1)),
      ),
    ],
    [
      'a longer storage than the file has',
      storageId(text('storage'), floats, text('0'), text('cpu'), integer(5)),
    ],
    [
      'a key outside the archive',
      storageId(text('storage'), floats, text('../../etc/passwd'), text('cpu'), integer(4)),
    ],
    ['a key of an object', storageId(text('storage'), floats, text('__proto__'), text('cpu'), integer(4))],
  ])('a persistent id that is %s is refused', async (_what, id) => {
    const tensor = call(
      global('torch._utils', '_rebuild_tensor_v2'),
      id,
      integer(0),
      tuple(integer(4)),
      tuple(integer(1)),
    );
    expect((await refusal(inZip(program(dict([text('w'), tensor]))))).code).toBe('file_corrupt');
  });

  it('a tensor of many dimensions does not take for ever', async () => {
    const ones = Array<number>(20_000).fill(1);
    const many: Strided = { ...whole, shape: [4, ...ones], strides: [1, ...ones] };
    expect((await refusal(inZip(checkpoint([many])))).code).toBe('file_corrupt');
  });

  it('a tensor called __proto__ is a tensor', async () => {
    const path = join(folder, 'proto');
    await writeFile(path, inZip(checkpoint([{ ...whole, name: '__proto__' }])));
    const source = await openTensors(path);
    expect([...source.tensors.keys()]).toEqual(['model.__proto__']);
    expect([...(await source.read('model.__proto__'))]).toEqual([1, 2, 3, 4]);
    await source.close();
  });

  it('what it names neither steers a terminal nor fills the screen', async () => {
    const name = `\u001b[31m\u202e${'x'.repeat(100_000)}`;
    const { message } = await refusal(inZip(program(global('os', name))));
    expect(message.length).toBeLessThan(1000);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('zip archives', () => {
  const pickle = checkpoint([whole]);
  const data = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
  const archive = (...more: Parameters<typeof zip>[0]): Buffer =>
    zip([{ name: 'a/data.pkl', data: pickle }, { name: 'a/data/0', data }, ...more]);
  /** Where the `n`th entry of the directory is. */
  const entryAt = (file: Buffer, n: number): number => {
    let at = -1;
    for (let i = 0; i <= n; i++) at = file.indexOf('PK\u0001\u0002', at + 1, 'latin1');
    return at;
  };
  const edited = (change: (file: Buffer, entry: number) => void, file = archive()): Buffer => {
    change(file, entryAt(file, 1));
    return file;
  };

  it.each([
    ['two pickles', archive({ name: 'b/data.pkl', data: pickle }), 'one data.pkl'],
    ['a pickle too deep', zip([{ name: 'a/b/data.pkl', data: pickle }]), 'one data.pkl'],
    ['the same name twice', archive({ name: 'a/data/0', data }), 'twice'],
    ['a stored size that lies', edited((f, at) => f.writeUInt32LE(1 << 20, at + 24)), 'claims 1048576 bytes'],
    ['a packed size that lies', edited((f, at) => f.writeUInt32LE(1 << 20, at + 20)), 'outside the file'],
    [
      'both sizes lying',
      edited((f, at) => [20, 24].map((o) => f.writeUInt32LE(1 << 20, at + o))),
      'outside the file',
    ],
    ['an offset outside', edited((f, at) => f.writeUInt32LE(0xfffffff0, at + 42)), 'outside the file'],
    [
      'an offset into another entry',
      edited((f, at) => f.writeUInt32LE(40, at + 42)),
      'not where the directory says',
    ],
    ['an encrypted entry', edited((f, at) => f.writeUInt16LE(1, at + 8)), 'encrypted'],
    ['an unknown method', edited((f, at) => f.writeUInt16LE(14, at + 10)), 'method 14'],
    ['a stored entry called deflated', edited((f, at) => f.writeUInt16LE(8, at + 10)), 'damaged'],
  ])('with %s are refused', async (_what, file, words) => {
    expect((await refusal(file)).message).toContain(words);
  });

  it('entries that would lie elsewhere are passed over', async () => {
    const path = join(folder, 'links');
    const file = archive(
      ...['../../etc/passwd', '/etc/passwd', 'C:\\Windows\\x', 'a/data/../../x', '__proto__', ''].map(
        (name) => ({
          name,
          data,
        }),
      ),
    );
    // A symbolic link, as Info-ZIP marks one.
    file.writeUInt32LE((0o120777 << 16) >>> 0, entryAt(file, 1) + 38);
    await writeFile(path, file);
    await readAll(path);
  });

  it('a storage packed 1000 : 1 is refused before it is unpacked', async () => {
    const zeros = Buffer.alloc(128 << 20);
    const bomb = zip([
      {
        name: 'a/data.pkl',
        data: checkpoint([{ ...whole, storageLength: 32 << 20, shape: [32 << 20], strides: [1] }]),
      },
      { name: 'a/data/0', data: zeros, deflate: true },
    ]);
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusal(bomb)).message).toContain('claims 134217728 bytes');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  it('a directory as large as the file is not read', async () => {
    const path = join(folder, 'directory');
    const end = archive().subarray(-22);
    end.writeUInt32LE(0, 16);
    end.writeUInt32LE(0xfffffff0, 12);
    await writeFile(path, Buffer.concat([Buffer.from('PK\u0003\u0004'), end]));
    // All but the first and the last bytes are a hole.
    await truncate(path, 0xfffffff0);
    await writeFile(path, end, { flag: 'a' });
    await expect(openTensors(path)).rejects.toMatchObject({ code: 'file_corrupt' });
  });
});

describe('indexes', () => {
  const index = (...parts: readonly string[]): string =>
    JSON.stringify({ weight_map: Object.fromEntries(parts.map((part, i) => [`t${i}`, part])) });

  it.each([
    ['itself', ['model.safetensors.index.json']],
    ['another index', ['other.index.json']],
    ['a drive', ['C:x.safetensors']],
    ['a stream', ['x.safetensors:stream']],
    ['a folder above', ['../one.safetensors']],
    ['an absolute path', ['/etc/passwd']],
    ['a path with backslashes', ['..\\one.safetensors']],
    ['a hidden file', ['.ssh']],
    ['an endless name', ['x'.repeat(5000)]],
    ['more files than can be open', Array.from({ length: 5000 }, (_, i) => `part-${i}.safetensors`)],
  ])('one that names %s is refused', async (_what, parts) => {
    const shards = await mkdtemp(join(folder, 'shards-'));
    await writeFile(join(shards, 'model.safetensors.index.json'), index(...parts));
    await writeFile(join(shards, 'other.index.json'), index('model.safetensors.index.json'));
    await expect(openTensors(shards)).rejects.toMatchObject({
      code: 'file_corrupt',
      message: expect.stringContaining(shards),
    });
  });
});

describe('gguf', () => {
  const value = (shape: readonly number[]) => Buffer.alloc(shape.reduce((a, b) => a * b, 4));
  const made = (metadata: ReadonlyMap<string, GgufMade>, ...names: readonly string[]): Buffer =>
    gguf(
      new Map<string, GgufMade>([['general.architecture', 'llama'], ...metadata]),
      names.map((name) => ({ name, type: 0, shape: [4, 2], raw: value([4, 2]) })),
    );

  it.each([
    ['no heads', new Map([['llama.attention.head_count', 0]]), ['blk.0.attn_q.weight']],
    ['a list of heads', new Map([['llama.attention.head_count', [1, 2]]]), ['blk.0.attn_q.weight']],
    [
      'one tensor under two names',
      new Map([['llama.attention.head_count', 2]]),
      ['blk.0.attn_q.weight', 'model.layers.0.self_attn.q_proj.weight'],
    ],
  ])('with %s is refused', async (_what, metadata, names) => {
    const path = join(folder, 'heads.gguf');
    await writeFile(path, made(metadata, ...names));
    const source = await openGguf(path);
    try {
      expect(() => withLlamaNames(source, path)).toThrow(expect.objectContaining({ name: 'ExpectedError' }));
    } finally {
      await source.close();
    }
  });

  it('with a hundred million values is refused before they are made', async () => {
    const path = join(folder, 'values.gguf');
    const file = made(new Map([['tokenizer.ggml.tokens', ['a']]]));
    // The list's type and count: bytes, and as many as the hole behind them has.
    const at = file.indexOf('tokenizer.ggml.tokens') + 'tokenizer.ggml.tokens'.length + 4;
    file.writeUInt32LE(0, at);
    file.writeBigUInt64LE(100_000_000n, at + 4);
    await writeFile(path, file);
    await truncate(path, 120_000_000);
    await expect(openGguf(path)).rejects.toMatchObject({ code: 'file_corrupt' });
  });
});

describe('what is no file', () => {
  it.skipIf(process.platform === 'win32')('is not waited for', async () => {
    const path = join(folder, 'pipe');
    const [command, ...args] = ['mkfifo', path] as const;
    execFileSync(command, args);
    await expect(openTensors(path)).rejects.toMatchObject({ code: 'file_unreadable' });
    await expect(openTensors('/dev/null')).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  it('a header of a hundred megabytes is not parsed', async () => {
    const path = join(folder, 'header');
    const file = safetensors([{ name: 'a', shape: [1], values: [1] }]);
    file.writeBigUInt64LE(99_000_000n, 0);
    await writeFile(path, file);
    await truncate(path, 100_000_000);
    await expect(openTensors(path)).rejects.toMatchObject({ code: 'file_corrupt' });
  });
});
