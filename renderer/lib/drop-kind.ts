/** What a dropped file is for. */
export type DropKind = 'video' | 'model';

const models = /\.(gguf|mervmodel|pt|pth|safetensors|onnx)$/i;
const videos = /\.(mp4|m4v|mov|mkv|webm|avi|wmv|flv|mpe?g|ts|mts|3gp|ogv|gif|png|jpe?g|webp|bmp|tiff?)$/i;

/** By the file's name; what tells nothing (a folder, an unknown ending) is for the screen that it was dropped on. */
export function dropKind(name: string, onModels: boolean): DropKind {
  if (models.test(name)) return 'model';
  if (videos.test(name)) return 'video';
  return onModels ? 'model' : 'video';
}
