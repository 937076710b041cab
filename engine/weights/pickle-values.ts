/** Values that the pickle interpreter makes. There are no objects with behaviour among them. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickledTuple
  | PickledList
  | PickledDict
  | PickledGlobal
  | PickledOpaque
  | PickledStorage
  | PickledTensor;

export interface PickledTuple {
  readonly kind: 'tuple';
  readonly items: readonly Pickled[];
}

export interface PickledList {
  readonly kind: 'list';
  readonly items: Pickled[];
}

export interface PickledDict {
  readonly kind: 'dict';
  readonly entries: Map<Pickled, Pickled>;
}

/** The name of a Python class or function, nothing more. */
export interface PickledGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** An allowed value that carries nothing we need (torch.device, torch.Size, a dtype). */
export interface PickledOpaque {
  readonly kind: 'opaque';
}

/** A block of memory that tensors look into; its bytes stay in the file. */
export interface PickledStorage {
  readonly kind: 'storage';
  readonly key: string;
  readonly typeName: string;
  /** Elements. */
  readonly length: number;
}

export interface PickledTensor {
  readonly kind: 'tensor';
  readonly storage: PickledStorage;
  /** Elements from the storage's start. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Elements. */
  readonly strides: readonly number[];
}
