/**
 * A TypeScript cell becomes JavaScript that runs in a worker: its top-level names are properties of the global object,
 * so that later cells see them, and may declare them again. Types are erased, not checked.
 */
import ts from "typescript";
import { assignmentTarget, boundNames } from "./bindings.js";
import { importCalls, importStatements, KEEP_FUNCTION } from "./cell-imports.js";
import { varsWithin, withoutVars } from "./cell-vars.js";
import { usedAsTypesOnly } from "./type-only-names.js";

/** What a cell became. */
export interface RewrittenCell {
  /** An expression: a function without parameters, whose promise is that of the cell's last expression. */
  js: string;
  /** The top-level names that the cell declares: they must be properties of the global object before it runs. */
  names: string[];
  /** From `js` to the cell: a source map, version 3, as JSON. */
  sourceMap: string;
}

export { IMPORT_FUNCTION, KEEP_FUNCTION } from "./cell-imports.js";

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
 * @throws SyntaxError if the cell is no TypeScript: `line 2, column 5: …`, lines and columns from 1; also for
 *   `import x = require(…)`
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

/** What is known of a cell while it is rewritten. */
interface Cell {
  factory: ts.NodeFactory;
  /** Gets the names that the cell declares. */
  names: Set<string>;
  typesOnly: ReadonlySet<string>;
  namespaces: ReadonlySet<string>;
}

function asFunction(
  context: ts.TransformationContext,
  file: ts.SourceFile,
  names: Set<string>,
): ts.SourceFile {
  const { factory } = context;
  const namespaces = new Set(file.statements.filter(ts.isModuleDeclaration).map(({ name }) => name.text));
  const cell: Cell = { factory, names, typesOnly: usedAsTypesOnly(file), namespaces };
  const hoisted: ts.Statement[] = [];
  const body: ts.Statement[] = [];
  for (const name of file.statements.flatMap(varsWithin)) {
    names.add(name);
    const value = factory.createAssignment(factory.createIdentifier(name), factory.createVoidZero());
    hoisted.push(factory.createExpressionStatement(value));
  }
  for (const statement of file.statements)
    (isFunctionWithName(statement) ? hoisted : body).push(
      ...ts.visitNodes(
        factory.createNodeArray(topLevel(cell, statement, statement === file.statements.at(-1))),
        withoutVars(context),
        ts.isStatement,
      ),
    );
  const strict = factory.createExpressionStatement(factory.createStringLiteral("use strict"));
  const async = factory.createModifier(ts.SyntaxKind.AsyncKeyword);
  const block = factory.createBlock([strict, ...hoisted, ...body], true);
  const arrow = factory.createArrowFunction([async], undefined, [], undefined, undefined, block);
  const whole = factory.updateSourceFile(file, [
    factory.createExpressionStatement(factory.createParenthesizedExpression(arrow)),
  ]);
  return ts.visitEachChild(whole, importCalls(context), context);
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
function topLevel(cell: Cell, node: ts.Statement, last: boolean): ts.Statement[] {
  const { factory, names, typesOnly } = cell;
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
    if (isUsing(node.declarationList)) {
      const used = node.declarationList.declarations.flatMap(({ name }) => boundNames(name));
      return [node, ...used.map((name) => keepLocal(cell, name))];
    }
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
    const parts = [modifiers, asteriskToken, name, typeParameters, parameters, type, body] as const;
    return cell.namespaces.has(name.text)
      ? [factory.updateFunctionDeclaration(node, ...parts), keepLocal(cell, name.text)]
      : [assign(name.text, factory.createFunctionExpression(...parts))];
  }
  if (ts.isClassDeclaration(node) && node.name) {
    const { name, typeParameters, heritageClauses, members } = node;
    const parts = [ts.getDecorators(node), name, typeParameters, heritageClauses, members] as const;
    return cell.namespaces.has(name.text)
      ? [factory.updateClassDeclaration(node, ...parts), keepLocal(cell, name.text)]
      : [assign(name.text, factory.createClassExpression(...parts))];
  }
  if (ts.isEnumDeclaration(node))
    return [
      factory.updateEnumDeclaration(node, [], node.name, node.members),
      keepLocal(cell, node.name.text),
    ];
  if (ts.isModuleDeclaration(node))
    return [factory.updateModuleDeclaration(node, [], node.name, node.body), keepLocal(cell, node.name.text)];
  if (ts.isImportEqualsDeclaration(node) && !node.isTypeOnly) {
    if (ts.isExternalModuleReference(node.moduleReference))
      throw new SyntaxError(
        'cell: expected import … from "…", got import … = require(…); write it as the former',
      );
    if (typesOnly.has(node.name.text)) return [];
    return [assign(node.name.text, entityExpression(factory, node.moduleReference))];
  }
  return [node];
}

/** `A.B.C` of a declaration as an expression. */
const entityExpression = (factory: ts.NodeFactory, name: ts.EntityName): ts.Expression =>
  ts.isIdentifier(name)
    ? name
    : factory.createPropertyAccessExpression(entityExpression(factory, name.left), name.right);

/** What stays a local of the cell (enumerations, namespaces and what goes with them, `using`) is given to later cells as it is then. */
function keepLocal({ factory, names }: Cell, name: string): ts.Statement {
  names.add(name);
  const given = [factory.createStringLiteral(name), factory.createIdentifier(name)];
  const call = factory.createCallExpression(factory.createIdentifier(KEEP_FUNCTION), undefined, given);
  return factory.createExpressionStatement(call);
}
