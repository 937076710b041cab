import { describeFormats } from './describe-formats.ts';

describeFormats(['safetensors', 'index', 'pytorch', 'pytorch-legacy', 'gguf']);
