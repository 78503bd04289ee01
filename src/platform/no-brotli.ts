/**
 * In the place of the brotli decoder in React Native: its engine has no WebAssembly, and cannot even read the decoder's script, which a bundler puts into that of
 * the app.
 */
export function loadBrotli(): Promise<never> {
  return Promise.reject(new Error('React Native has no WebAssembly'));
}
