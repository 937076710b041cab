import { describeFormats } from './describe-formats.ts';

describeFormats(['tokenizer-json', 'manifest']);
