import * as ort from 'onnxruntime-node';

/** One of ONNX Runtime's execution providers, as this build and machine have it. */
export interface ProviderProbe {
  readonly name: string;
  readonly available: boolean;
  readonly detail: string;
}

/** What the installed ONNX Runtime was built with; it does not try a provider out. */
export async function probeProviders(): Promise<readonly ProviderProbe[]> {
  const version = ort.env.versions.node ?? ort.env.versions.common;
  return ort.listSupportedBackends().map(({ name, bundled }) => ({
    name,
    available: bundled,
    detail: bundled ? `in ONNX Runtime ${version}` : `its libraries are not part of ONNX Runtime ${version}`,
  }));
}
