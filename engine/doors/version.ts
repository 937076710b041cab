// A named import, so that the bundle holds the version and not the whole file.
import { version as packageVersion } from '../../package.json';

/** The application's version. */
export const version: string = packageVersion;
