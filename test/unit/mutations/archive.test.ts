import { describeFormats } from './describe-formats.ts';

// Each writes a whole models folder: fewer of them.
describeFormats(['archive'], 1000);
