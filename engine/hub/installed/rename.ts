import { readBundle } from '../../models/bundle.ts';
import { writeBundle } from '../write-bundle.ts';

/** Gives a model another name for people; its id stays. Throws ExpectedError 'model_missing', 'disk_full'. */
export async function renameModel(modelsFolder: string, id: string, name: string): Promise<void> {
  await writeBundle(modelsFolder, { ...(await readBundle(modelsFolder, id)), name });
}
