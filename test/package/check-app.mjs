// Checks an app with an older compiler: check-app.mjs COMPILER TSCONFIG, in the folder of the app. Prints what is wrong.
// Of the declarations that the app reads, those of other packages and of the compiler itself are not looked through: the newest compiler does that
// for the same app, and here it takes twice as long as all the rest.
import { dirname, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiler = '', config = ''] = process.argv.slice(2);
const { default: ts } = await import(pathToFileURL(compiler).href);
const parsed = ts.getParsedCommandLineOfConfigFile(
  config,
  { noEmit: true },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: tell },
);
const program = ts.createProgram(parsed.fileNames, parsed.options);
const app = dirname(resolve(config)) + sep;
// Links are followed: of the packages, only the one under test is in the folder of the app.
const files = program.getSourceFiles().filter(({ fileName }) => resolve(fileName).startsWith(app));
const diagnostics = [
  ...parsed.errors,
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...program.getSyntacticDiagnostics(),
  ...files.flatMap((file) => program.getSemanticDiagnostics(file)),
];
console.log(`${files.length} files checked`);
tell(...diagnostics);

function tell(...found) {
  const host = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getNewLine: () => '\n',
  };
  if (found.length > 0) console.log(ts.formatDiagnostics(found, host));
}
