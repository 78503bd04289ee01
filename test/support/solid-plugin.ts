import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Plugin } from 'esbuild';
import type * as Typescript from 'typescript-5.9';

// The last TypeScript with a compiler that programs can ask.
const ts: typeof Typescript = createRequire(import.meta.url)('typescript-5.9');
const { factory } = ts;

/**
 * Has esbuild compile the JSX of Solid. As Solid's own compiler has it, what may change is a function or a getter, which Solid tracks:
 *
 * ```text
 * <Show when={note()}><p>{note().title}</p></Show>
 * createComponent(Show, { get when() { return note(); }, get children() { return [h('p', {}, () => note().title)()]; } })
 * ```
 */
export const solidPlugin: Plugin = {
  name: 'solid',
  setup(build) {
    build.onLoad({ filter: /\.tsx$/ }, async ({ path }) => {
      const source = ts.createSourceFile(path, await readFile(path, 'utf8'), ts.ScriptTarget.ES2022, true);
      const { transformed } = ts.transform(source, [withoutJsx]);
      const [file = source] = transformed;
      const imports = `import h from 'solid-js/h';\nimport { createComponent } from 'solid-js';\n`;
      return { contents: imports + ts.createPrinter().printFile(file), loader: 'ts' };
    });
  },
};

const withoutJsx: Typescript.TransformerFactory<Typescript.SourceFile> = (context) => (file) => {
  const visit = (node: Typescript.Node): Typescript.Node => {
    if (ts.isJsxSelfClosingElement(node)) return made(node, []);
    if (ts.isJsxElement(node)) return made(node.openingElement, node.children);
    return ts.visitEachChild(node, visit, context);
  };

  function made(
    { tagName, attributes }: Typescript.JsxOpeningLikeElement,
    content: readonly Typescript.JsxChild[],
  ): Typescript.Expression {
    const name = tagName.getText();
    const props = attributes.properties.map((attribute): readonly [string, Typescript.Expression] => {
      if (!ts.isJsxAttribute(attribute)) throw new Error(`solid: ${attribute.getText()} is not known here`);
      return [attribute.name.getText(), valueOf(attribute.initializer)];
    });
    const children = content.flatMap((child) => childOf(child) ?? []);
    return /^[a-z]/.test(name) ? element(name, props, children) : component(name, props, children);
  }

  function element(
    name: string,
    props: ReadonlyArray<readonly [string, Typescript.Expression]>,
    children: readonly Typescript.Expression[],
  ): Typescript.Expression {
    const assigned = props.map(([key, value]) => factory.createPropertyAssignment(key, tracked(value)));
    const object = factory.createObjectLiteralExpression(assigned);
    return call(call('h', factory.createStringLiteral(name), object, ...children.map(tracked)));
  }

  function component(
    name: string,
    props: ReadonlyArray<readonly [string, Typescript.Expression]>,
    children: readonly Typescript.Expression[],
  ): Typescript.Expression {
    const [only] = children;
    const all = only !== undefined && children.length === 1 ? only : factory.createArrayLiteralExpression(children);
    const getters = [...props, ['children', all] as const].map(([key, value]) => {
      const body = factory.createBlock([factory.createReturnStatement(value)]);
      return factory.createGetAccessorDeclaration(undefined, key, [], undefined, body);
    });
    return call('createComponent', factory.createIdentifier(name), factory.createObjectLiteralExpression(getters));
  }

  function valueOf(value: Typescript.JsxAttributeValue | undefined): Typescript.Expression {
    if (value === undefined) return factory.createTrue();
    return ts.isJsxExpression(value) ? visited(value.expression) : visited(value);
  }

  function childOf(child: Typescript.JsxChild): Typescript.Expression | undefined {
    if (!ts.isJsxText(child)) return visited(ts.isJsxExpression(child) ? child.expression : child);
    return child.containsOnlyTriviaWhiteSpaces ? undefined : factory.createStringLiteral(child.text.trim());
  }

  function visited(expression: Typescript.Expression | undefined): Typescript.Expression {
    return expression === undefined ? factory.createNull() : ts.visitNode(expression, visit, ts.isExpression);
  }

  return ts.visitNode(file, visit, ts.isSourceFile);
};

/** Functions are what they are: listeners, for instance. */
function tracked(expression: Typescript.Expression): Typescript.Expression {
  if (ts.isArrowFunction(expression) || ts.isStringLiteral(expression)) return expression;
  return factory.createArrowFunction(undefined, undefined, [], undefined, undefined, expression);
}

function call(
  callee: string | Typescript.Expression,
  ...parameters: readonly Typescript.Expression[]
): Typescript.Expression {
  const target = typeof callee === 'string' ? factory.createIdentifier(callee) : callee;
  return factory.createCallExpression(target, undefined, parameters);
}
