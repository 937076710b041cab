/**
 * How the weights of linear layers are kept and multiplied; everything else stays float32.
 * - fp32, fp16: stored so; fp16 is widened when a session loads.
 * - int8-dynamic: int8 a column, activations quantised a tensor at run time (fast on many rows: encoders).
 * - int8, int4: blocks of 32 along the input axis with a scale and zero point each, activations quantised a block
 *   (fast on one row: language models).
 */
export type LinearPrecision = 'fp32' | 'fp16' | 'int8-dynamic' | 'int8' | 'int4';
