import { describeFormats } from './describe-formats.ts';

describeFormats(['tokenizer-json', 'tokenizer-model', 'manifest']);
