/** A module that the embedded server cannot run. The message is one line and names the import, export, trap or feature at fault. */
export class ModuleLoadError extends Error {
  constructor(problem: string, options?: { readonly cause?: unknown }) {
    super(`cannot load the module: ${oneLine(problem)}`, options);
    this.name = 'ModuleLoadError';
  }
}

/** `text` with every run of white space as one space. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
