import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Plugin } from 'esbuild';
import type * as Typescript from 'typescript-5.9';

// The last TypeScript with a compiler that programs can ask.
const ts: typeof Typescript = createRequire(import.meta.url)('typescript-5.9');
const { factory } = ts;

/**
 * Has esbuild compile the JSX of Solid, to calls of `solid-js/h`: what may change becomes a function without parameters, which Solid tracks.
 *
 * `<Show when={note()}>…</Show>` is `h(Show, { when: () => note() }, …)`.
 */
export const solidPlugin: Plugin = {
  name: 'solid',
  setup(build) {
    build.onLoad({ filter: /\.tsx$/ }, async ({ path }) => {
      const source = ts.createSourceFile(path, await readFile(path, 'utf8'), ts.ScriptTarget.ES2022, true);
      const { transformed } = ts.transform(source, [callsOfH]);
      const [file = source] = transformed;
      return { contents: `import h from 'solid-js/h';\n${ts.createPrinter().printFile(file)}`, loader: 'ts' };
    });
  },
};

const callsOfH: Typescript.TransformerFactory<Typescript.SourceFile> = (context) => (file) => {
  const visit = (node: Typescript.Node): Typescript.Node => {
    if (ts.isJsxSelfClosingElement(node)) return call(node, []);
    if (ts.isJsxElement(node)) return call(node.openingElement, node.children);
    return ts.visitEachChild(node, visit, context);
  };

  function call(
    { tagName, attributes }: Typescript.JsxOpeningLikeElement,
    children: readonly Typescript.JsxChild[],
  ): Typescript.Expression {
    const name = tagName.getText();
    const tag = /^[a-z]/.test(name) ? factory.createStringLiteral(name) : factory.createIdentifier(name);
    const props = attributes.properties.map((attribute) => {
      if (!ts.isJsxAttribute(attribute)) throw new Error(`solid: ${attribute.getText()} is not known here`);
      return factory.createPropertyAssignment(attribute.name.getText(), valueOf(attribute.initializer));
    });
    const parts = children.flatMap((child) => childOf(child) ?? []);
    return factory.createCallExpression(factory.createIdentifier('h'), undefined, [
      tag,
      factory.createObjectLiteralExpression(props),
      ...parts,
    ]);
  }

  function valueOf(value: Typescript.JsxAttributeValue | undefined): Typescript.Expression {
    if (value === undefined) return factory.createTrue();
    if (ts.isJsxExpression(value)) return tracked(value.expression);
    return ts.isStringLiteral(value) ? value : tracked(value);
  }

  function childOf(child: Typescript.JsxChild): Typescript.Expression | undefined {
    if (ts.isJsxText(child)) {
      return child.containsOnlyTriviaWhiteSpaces ? undefined : factory.createStringLiteral(child.text.trim());
    }
    return ts.isJsxExpression(child) ? tracked(child.expression) : tracked(child);
  }

  /** Functions are what they are: listeners, and what a list or a condition calls. */
  function tracked(expression: Typescript.Expression | undefined): Typescript.Expression {
    if (expression === undefined) return factory.createNull();
    const visited = ts.visitNode(expression, visit, ts.isExpression);
    if (ts.isArrowFunction(expression) || ts.isJsxElement(expression) || ts.isJsxSelfClosingElement(expression)) {
      return visited;
    }
    return factory.createArrowFunction(undefined, undefined, [], undefined, undefined, visited);
  }

  return ts.visitNode(file, visit, ts.isSourceFile);
};
