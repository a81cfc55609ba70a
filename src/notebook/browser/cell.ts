/**
 * A TypeScript cell becomes JavaScript that runs in a worker: its top-level names are properties of the global object,
 * so that later cells see them, and may declare them again. Types are erased, not checked.
 */
import ts from "typescript";
import { usedAsTypesOnly } from "./type-only-names.js";
import { assignmentTarget, boundNames } from "./bindings.js";

/** What a cell became. */
export interface RewrittenCell {
  /** An expression: a function without parameters, whose promise is that of the cell's last expression. */
  js: string;
  /** The top-level names that the cell declares: they must be properties of the global object before it runs. */
  names: string[];
  /** From `js` to the cell: a source map, version 3, as JSON. */
  sourceMap: string;
}

/** The function that a rewritten cell calls for each import: `(specifier, names wanted) => Promise<module>`. */
export const IMPORT_FUNCTION = "__heMlImport";

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.ESNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  isolatedModules: true,
  sourceMap: true,
};

/**
 * Rewrites a cell.
 *
 * @throws SyntaxError if the cell is no TypeScript: `line 2, column 5: …`, lines and columns from 1; also for namespaces
 *   and `import x = …`
 * @example rewriteCell("const x = 6; x * 7").names // ["x"]
 */
export function rewriteCell(code: string): RewrittenCell {
  const names = new Set<string>();
  const { outputText, diagnostics, sourceMapText } = ts.transpileModule(code, {
    fileName: "cell.ts",
    reportDiagnostics: true,
    compilerOptions: COMPILER_OPTIONS,
    transformers: { before: [(context) => (file) => asFunction(context, file, names)] },
  });
  refuseSyntaxErrors(diagnostics ?? []);
  const js = outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "").replace(/\nexport \{\};\s*$/, "");
  return { js, names: [...names], sourceMap: sourceMapText ?? "" };
}

function refuseSyntaxErrors(diagnostics: readonly ts.Diagnostic[]): void {
  const wrong = diagnostics.find(({ category }) => category === ts.DiagnosticCategory.Error);
  if (!wrong) return;
  const { line, character } = wrong.file?.getLineAndCharacterOfPosition(wrong.start ?? 0) ?? {
    line: 0,
    character: 0,
  };
  const message = ts.flattenDiagnosticMessageText(wrong.messageText, "\n");
  throw new SyntaxError(`line ${line + 1}, column ${character + 1}: ${message}`);
}

function asFunction(
  context: ts.TransformationContext,
  file: ts.SourceFile,
  names: Set<string>,
): ts.SourceFile {
  const { factory } = context;
  const typesOnly = usedAsTypesOnly(file);
  const hoisted: ts.Statement[] = [];
  const body: ts.Statement[] = [];
  for (const statement of file.statements)
    (isFunctionWithName(statement) ? hoisted : body).push(
      ...topLevel(factory, statement, statement === file.statements.at(-1), names, typesOnly),
    );
  const strict = factory.createExpressionStatement(factory.createStringLiteral("use strict"));
  const async = factory.createModifier(ts.SyntaxKind.AsyncKeyword);
  const block = factory.createBlock([strict, ...hoisted, ...body], true);
  const cell = factory.createArrowFunction([async], undefined, [], undefined, undefined, block);
  const whole = factory.updateSourceFile(file, [
    factory.createExpressionStatement(factory.createParenthesizedExpression(cell)),
  ]);
  return ts.visitEachChild(whole, importCalls(context), context);
}

/** `import(…)` within a cell goes through the kernel's function, as import declarations do. */
function importCalls(context: ts.TransformationContext): ts.Visitor {
  const visit: ts.Visitor = (node) => {
    const visited = ts.visitEachChild(node, visit, context);
    if (!ts.isCallExpression(visited) || visited.expression.kind !== ts.SyntaxKind.ImportKeyword)
      return visited;
    const name = context.factory.createIdentifier(IMPORT_FUNCTION);
    return ts.setTextRange(context.factory.createCallExpression(name, undefined, visited.arguments), visited);
  };
  return visit;
}

const isFunctionWithName = (node: ts.Statement): node is ts.FunctionDeclaration & { name: ts.Identifier } =>
  ts.isFunctionDeclaration(node) && node.name !== undefined;

const isUsing = (list: ts.VariableDeclarationList): boolean =>
  (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using ||
  (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.AwaitUsing;

const isDeclared = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);

/** What stands in the function for one statement of the cell. */
function topLevel(
  factory: ts.NodeFactory,
  node: ts.Statement,
  last: boolean,
  names: Set<string>,
  typesOnly: Set<string>,
): ts.Statement[] {
  const at = <T extends ts.Node>(made: T): T => ts.setSourceMapRange(made, node);
  const assign = (name: string, value: ts.Expression): ts.Statement => {
    names.add(name);
    return at(
      factory.createExpressionStatement(factory.createAssignment(factory.createIdentifier(name), value)),
    );
  };
  if (isDeclared(node) || ts.isExportDeclaration(node)) return [];
  if (ts.isExpressionStatement(node))
    return last ? [at(factory.createReturnStatement(node.expression))] : [node];
  if (ts.isExportAssignment(node)) return [at(factory.createExpressionStatement(node.expression))];
  if (ts.isImportDeclaration(node)) return importStatements(factory, node, names, typesOnly).map(at);
  if (ts.isVariableStatement(node)) {
    if (isUsing(node.declarationList)) return [node];
    return node.declarationList.declarations.map((declaration) => {
      for (const name of boundNames(declaration.name)) names.add(name);
      const value = declaration.initializer ?? factory.createVoidZero();
      const assignment = factory.createAssignment(assignmentTarget(factory, declaration.name), value);
      return ts.setSourceMapRange(factory.createExpressionStatement(assignment), declaration);
    });
  }
  if (isFunctionWithName(node)) {
    if (!node.body) return [];
    const modifiers = (ts.getModifiers(node) ?? []).filter(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    const { asteriskToken, name, typeParameters, parameters, type, body } = node;
    return [
      assign(
        name.text,
        factory.createFunctionExpression(
          modifiers,
          asteriskToken,
          name,
          typeParameters,
          parameters,
          type,
          body,
        ),
      ),
    ];
  }
  if (ts.isClassDeclaration(node) && node.name) {
    const modifiers = ts.getDecorators(node);
    return [
      assign(
        node.name.text,
        factory.createClassExpression(
          modifiers,
          node.name,
          node.typeParameters,
          node.heritageClauses,
          node.members,
        ),
      ),
    ];
  }
  if (ts.isEnumDeclaration(node)) return enumStatements(factory, node, names);
  if (ts.isImportEqualsDeclaration(node) && !node.isTypeOnly)
    throw new SyntaxError('cell: expected import … from "…", got import … = …; write it as the former');
  if (ts.isModuleDeclaration(node))
    throw new SyntaxError("cell: expected no namespace; write an object or a class");
  return [node];
}

/** An enumeration stays a local of the cell, and later cells see its value. */
function enumStatements(
  factory: ts.NodeFactory,
  node: ts.EnumDeclaration,
  names: Set<string>,
): ts.Statement[] {
  names.add(node.name.text);
  const local = factory.updateEnumDeclaration(node, [], node.name, node.members);
  const out = factory.createPropertyAccessExpression(factory.createIdentifier("globalThis"), node.name.text);
  return [
    local,
    factory.createExpressionStatement(
      factory.createAssignment(out, factory.createIdentifier(node.name.text)),
    ),
  ];
}

function importStatements(
  factory: ts.NodeFactory,
  node: ts.ImportDeclaration,
  names: Set<string>,
  typesOnly: Set<string>,
): ts.Statement[] {
  const clause = node.importClause;
  if (clause?.isTypeOnly) return [];
  const pairs: [exported: string, local: string][] = clause?.name ? [["default", clause.name.text]] : [];
  const bindings = clause?.namedBindings;
  const named = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
  for (const { isTypeOnly, propertyName, name } of named)
    if (!isTypeOnly && !typesOnly.has(name.text)) pairs.push([(propertyName ?? name).text, name.text]);
  const wanted = factory.createArrayLiteralExpression(
    pairs.map(([exported]) => factory.createStringLiteral(exported)),
  );
  const call = factory.createCallExpression(factory.createIdentifier(IMPORT_FUNCTION), undefined, [
    node.moduleSpecifier,
    wanted,
  ]);
  const loaded = factory.createAwaitExpression(call);
  const assign = (target: ts.Expression): ts.Statement =>
    factory.createExpressionStatement(factory.createAssignment(target, loaded));
  const statements: ts.Statement[] = [];
  if (bindings && ts.isNamespaceImport(bindings)) {
    names.add(bindings.name.text);
    statements.push(assign(factory.createIdentifier(bindings.name.text)));
  }
  if (pairs.length > 0) {
    for (const [, local] of pairs) names.add(local);
    const targets = pairs.map(([exported, local]) =>
      factory.createPropertyAssignment(
        factory.createStringLiteral(exported),
        factory.createIdentifier(local),
      ),
    );
    statements.push(assign(factory.createObjectLiteralExpression(targets)));
  }
  const elided = named.length > 0 && pairs.length === 0;
  if (statements.length === 0 && !elided) statements.push(factory.createExpressionStatement(loaded));
  return statements;
}
