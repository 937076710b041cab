import type { PreprocessOptions } from '../ops.ts';
import type { GraphValue, GraphWriter } from './graph.ts';
import { permute } from './shape.ts';

/**
 * uint8 [F, H, W, 3] -> float32 [F, 3, size, size]: resize, crop, (x / 255 − mean) / std.
 * The graph gets two more inputs, int64 [2] each, since they depend on the video's size: `resize_to` (height, width)
 * and `crop_from` (top, left).
 * Resize with antialias, `exclude_outside` and a cubic coefficient of −0.5 is Pillow's rule; on uint8 ONNX Runtime
 * computes it in fixed point as Pillow does.
 */
export function writePreprocess(
  writer: GraphWriter,
  frames: GraphValue,
  { filter, size, mean, std }: PreprocessOptions,
): GraphValue {
  const resizeTo = writer.input('resize_to', 'int64', [2]);
  const cropFrom = writer.input('crop_from', 'int64', [2]);
  const [count] = frames.shape;
  const resized = writer.node(
    'Resize',
    [frames, null, null, resizeTo],
    'uint8',
    [count!, 'resized_height', 'resized_width', 3],
    {
      attributes: {
        mode: filter === 'bicubic' ? 'cubic' : 'linear',
        antialias: 1,
        exclude_outside: 1,
        coordinate_transformation_mode: 'half_pixel',
        axes: [1, 2],
        ...(filter === 'bicubic' ? { cubic_coeff_a: { float: -0.5 } } : {}),
      },
    },
  );
  const cropTo = writer.node('Add', [cropFrom, writer.int64([size])], 'int64', [2]);
  const cropped = writer.node('Slice', [resized, cropFrom, cropTo, writer.int64([1, 2])], 'uint8', [
    count!,
    size,
    size,
    3,
  ]);
  const floats = writer.node('Cast', [cropped], 'float32', cropped.shape, { attributes: { to: 1 } });
  const scale = writer.float32(
    std.map((s) => 1 / (255 * s)),
    [3],
  );
  const shift = writer.float32(
    std.map((s, i) => -mean[i]! / s),
    [3],
  );
  const scaled = writer.node('Mul', [floats, scale], 'float32', floats.shape);
  const normalised = writer.node('Add', [scaled, shift], 'float32', floats.shape);
  return permute(writer, normalised, [0, 3, 1, 2]);
}
