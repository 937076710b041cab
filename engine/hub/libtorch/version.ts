import { cuda, version } from '../../native/libtorch.json';

/** The version that the addon is written against: another one's libraries are not its. */
export const libtorchVersion: string = version;

/** The build for GPUs that PyTorch itself publishes this version with, as its indexes call it. */
export const cudaBuild: string = cuda;
