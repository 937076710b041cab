import protobuf from 'protobufjs/light.js';
import * as z from 'zod';

/**
 * The messages of ONNX that the graph writer needs, with the field numbers of onnx.proto (IR version 10);
 * a subset is a valid schema since unset fields are not written.
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    onnx: {
      nested: {
        ModelProto: {
          fields: {
            irVersion: { type: 'int64', id: 1 },
            producerName: { type: 'string', id: 2 },
            graph: { type: 'GraphProto', id: 7 },
            opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
          },
        },
        OperatorSetIdProto: {
          fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } },
        },
        GraphProto: {
          fields: {
            node: { rule: 'repeated', type: 'NodeProto', id: 1 },
            name: { type: 'string', id: 2 },
            initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
            input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
            output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
          },
        },
        NodeProto: {
          fields: {
            input: { rule: 'repeated', type: 'string', id: 1 },
            output: { rule: 'repeated', type: 'string', id: 2 },
            name: { type: 'string', id: 3 },
            opType: { type: 'string', id: 4 },
            attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
            domain: { type: 'string', id: 7 },
          },
        },
        AttributeProto: {
          fields: {
            name: { type: 'string', id: 1 },
            f: { type: 'float', id: 2 },
            i: { type: 'int64', id: 3 },
            s: { type: 'bytes', id: 4 },
            ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
            type: { type: 'int32', id: 20 },
          },
        },
        TensorProto: {
          fields: {
            dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
            dataType: { type: 'int32', id: 2 },
            name: { type: 'string', id: 8 },
            rawData: { type: 'bytes', id: 9 },
            externalData: { rule: 'repeated', type: 'StringStringEntryProto', id: 13 },
            dataLocation: { type: 'int32', id: 14 },
          },
        },
        StringStringEntryProto: {
          fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } },
        },
        ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
        TypeProto: { fields: { tensorType: { type: 'TensorTypeProto', id: 1 } } },
        TensorTypeProto: {
          fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } },
        },
        TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
        Dimension: {
          oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
          fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } },
        },
      },
    },
  },
});

const modelProto = schema.lookupType('onnx.ModelProto');

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
}

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation?: number;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: {
        readonly dim: readonly ({ readonly dimValue: number } | { readonly dimParam: string })[];
      };
    };
  };
}

export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

/** The bytes of a model file: opset 21 of ONNX, version 1 of ONNX Runtime's own operators. */
export function encodeModel(graph: GraphProto): Uint8Array {
  return modelProto
    .encode({
      irVersion: 10,
      producerName: 'MERV Studio',
      graph,
      opsetImport: [
        { domain: '', version: 21 },
        { domain: 'com.microsoft', version: 1 },
      ],
    })
    .finish();
}

const text = z.string().default('');
const number = z.number().default(0);
const bytes = z.instanceof(Uint8Array);
const dimension = z.union([z.object({ dimValue: z.number() }), z.object({ dimParam: z.string() })]);
const values = z
  .array(
    z.object({
      name: text,
      type: z.object({
        tensorType: z.object({
          elemType: number,
          shape: z.object({ dim: z.array(dimension).default([]) }).default({ dim: [] }),
        }),
      }),
    }),
  )
  .default([]);
const decodedSchema = z.object({
  graph: z.object({
    name: text,
    node: z.array(
      z.object({
        name: text,
        opType: text,
        domain: text,
        input: z.array(z.string()).default([]),
        output: z.array(z.string()).default([]),
        attribute: z
          .array(
            z.object({
              name: text,
              type: number,
              f: z.number().exactOptional(),
              i: z.number().exactOptional(),
              s: bytes.exactOptional(),
              ints: z.array(z.number()).exactOptional(),
            }),
          )
          .default([]),
      }),
    ),
    initializer: z
      .array(
        z.object({
          name: text,
          dims: z.array(z.number()).default([]),
          dataType: number,
          rawData: bytes.exactOptional(),
          externalData: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
          dataLocation: z.number().exactOptional(),
        }),
      )
      .default([]),
    input: values,
    output: values,
  }),
});
export type DecodedModel = z.infer<typeof decodedSchema>;

/** What a model file holds, as far as {@link encodeModel} writes it. Throws an Error for bytes that are no such file. */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  return decodedSchema.parse(modelProto.toObject(modelProto.decode(bytes), { longs: Number }));
}
