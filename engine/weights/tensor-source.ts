/** Element types as the containers store them; block-quantised ones are GGUF's. */
export type StoredType =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U8'
  | 'BOOL'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K';

export interface TensorInfo {
  readonly name: string;
  readonly type: StoredType;
  /** Row-major, outermost first, as PyTorch prints it (a GGUF file's order is reversed by its reader). */
  readonly shape: readonly number[];
}

/**
 * Named tensors in some container, read one at a time: opening reads the table only, `read` one tensor's bytes.
 * Readers throw ExpectedError ('file_missing', 'file_corrupt', 'file_unsupported') that name the file.
 */
export interface TensorSource {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Dequantised or upcast to float32, row-major. Throws ExpectedError 'file_corrupt' for a name not in `tensors`. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}
