import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Typescript from 'typescript-5.9';

// The last TypeScript with a compiler that programs can ask.
const ts: typeof Typescript = createRequire(import.meta.url)('typescript-5.9');
const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** The reference of one entry of the package: `docs/api/NAME.md`, and what of it says nothing of itself. */
export interface EntryReference {
  /** Such as `index`, `react`. */
  readonly name: string;
  /** The page, in Markdown. */
  readonly page: string;
  /** Public names, and members of them as `Name.member`, that have no doc comment. */
  readonly undocumented: readonly string[];
}

/** What generated code is given and hands on; nobody looks inside. */
const opaque: readonly string[] = ['ClientCore'];

/** A declaration in what the compiler wrote. */
type Declaration = Typescript.DeclarationStatement | Typescript.VariableStatement;

/** The references of all entries that package.json names, made from the declarations that the compiler writes: what is private or internal is not in there. */
export function apiReferences(): readonly EntryReference[] {
  const manifest: {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string'
      ? []
      : [{ subpath, source: target.types.replace('./dist/', 'src/').replace('.d.ts', '.ts') }],
  );
  const program = programOf(entries.map(({ source }) => root + source));
  const declarations = declarationsOf(program);
  return entries.map(({ subpath, source }) => {
    const specifier = manifest.name + subpath.slice(1);
    const name = subpath === '.' ? 'index' : subpath.slice(2);
    return { name, ...referenceOf(program, declarations, specifier, root + source) };
  });
}

function programOf(files: readonly string[]): Typescript.Program {
  const config = ts.readConfigFile(`${root}tsconfig.json`, (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  return ts.createProgram(files, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    // Whether they are right is for the check of our sources.
    noCheck: true,
    rootDir: root,
    outDir: root,
  });
}

/** What the compiler writes for each source, by the path of the source. */
function declarationsOf(program: Typescript.Program): ReadonlyMap<string, Typescript.SourceFile> {
  const written = new Map<string, Typescript.SourceFile>();
  program.emit(undefined, (path, text) => {
    if (path.endsWith('.d.ts'))
      written.set(path.replace(/\.d\.ts$/, '.ts'), ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  });
  return written;
}

function referenceOf(
  program: Typescript.Program,
  declarations: ReadonlyMap<string, Typescript.SourceFile>,
  specifier: string,
  source: string,
): Omit<EntryReference, 'name'> {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(source);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${source} is no module`);
  const sections: string[] = [];
  const others: string[] = [];
  const undocumented: string[] = [];
  const exported = checker.getExportsOfModule(module).sort((a, b) => compare(a.name, b.name));
  for (const symbol of exported) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const [place] = target.declarations ?? [];
    const written = place && declarations.get(place.getSourceFile().fileName);
    const found = written?.statements.filter((one): one is Declaration => namesOf(one).includes(target.name)) ?? [];
    if (found.length === 0) {
      others.push(`\`${symbol.name}\``);
      continue;
    }
    const said = found.map((one) => commentOf(one)).filter((text) => text !== '');
    if (said.length === 0) undocumented.push(symbol.name);
    const isSilent = (member: string): boolean => {
      // What a class takes over from what it implements or extends is said there.
      const found = target.members?.get(ts.escapeLeadingUnderscores(member));
      return found === undefined || found.getDocumentationComment(checker).length === 0;
    };
    const silent = opaque.includes(symbol.name) ? [] : found.flatMap((one) => silentMembersOf(one)).filter(isSilent);
    undocumented.push(...silent.map((member) => `${symbol.name}.${member}`));
    sections.push(`## ${symbol.name}\n\n${said.join('\n\n')}\n\n\`\`\`ts\n${found.map(textOf).join('\n')}\n\`\`\`\n`);
  }
  const elsewhere =
    others.length === 0 ? '' : `From \`@preact/signals-core\` and other packages: ${others.join(', ')}.\n\n`;
  const page = `# ${specifier}\n\nWritten by \`npm run docs:api\` from the doc comments. Do not edit.\n\n${elsewhere}${sections.join('\n')}`;
  return { page, undocumented };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function namesOf(statement: Typescript.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

/** The doc comment of a declaration, as a paragraph. */
function commentOf(node: Typescript.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter((part) => ts.isJSDoc(part))
    .map((part) => plain(part.getText()))
    .join('\n');
}

/** A comment without its stars, and with names where it has links. */
function plain(comment: string): string {
  return comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^ *\* ?/gm, '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .trim();
}

/** A declaration without its own comment, which stands above it, and with those of its members. */
function textOf(node: Declaration): string {
  return node.getText().replace(/^export declare |^export /, '');
}

/** What tells one of several shapes from the others says all there is to say. */
function isDiscriminant(member: Typescript.Node): boolean {
  if (!ts.isPropertySignature(member) && !ts.isPropertyDeclaration(member)) return false;
  // The names of error classes say what the class says.
  const isNameOfError = ts.isClassDeclaration(member.parent) && member.name.getText() === 'name';
  return isNameOfError || (member.type !== undefined && ts.isLiteralTypeNode(member.type));
}

/** Members that other people's code may use and that say nothing of themselves. What an interface inherits, its base says. */
function silentMembersOf(node: Declaration): string[] {
  const members: readonly Typescript.Node[] =
    ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)
      ? node.members
      : ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type)
        ? node.type.members
        : [];
  const silent = new Map<string, boolean>();
  for (const member of members) {
    const { name } = member as Typescript.NamedDeclaration;
    if (name === undefined || ts.isPrivateIdentifier(name) || isDiscriminant(member)) continue;
    // Overloads share the comment of one of them.
    silent.set(name.getText(), (silent.get(name.getText()) ?? true) && commentOf(member) === '');
  }
  return [...silent].flatMap(([name, isSilent]) => (isSilent ? name : []));
}
