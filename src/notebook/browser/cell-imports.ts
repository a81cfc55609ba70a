/** What a cell's imports become: calls of the kernel's function, whose modules are taken apart. */
import ts from "typescript";

/** The function that a rewritten cell calls for each import: `(specifier, names wanted) => Promise<module>`. */
export const IMPORT_FUNCTION = "__heMlImport";

/** The function by which a rewritten cell gives later cells what is its local: `(name, value) => void`. */
export const KEEP_FUNCTION = "__heMlKeep";

/**
 * The statements for one import.
 *
 * @param names gets the names that it declares
 * @param typesOnly names that the cell uses as types alone, of which no value is wanted
 */
export function importStatements(
  factory: ts.NodeFactory,
  node: ts.ImportDeclaration,
  names: Set<string>,
  typesOnly: ReadonlySet<string>,
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

/** `import(…)` within a cell goes through the kernel's function, as import declarations do. */
export function importCalls(context: ts.TransformationContext): ts.Visitor {
  const visit: ts.Visitor = (node) => {
    const visited = ts.visitEachChild(node, visit, context);
    if (!ts.isCallExpression(visited) || visited.expression.kind !== ts.SyntaxKind.ImportKeyword)
      return visited;
    const name = context.factory.createIdentifier(IMPORT_FUNCTION);
    return ts.setTextRange(context.factory.createCallExpression(name, undefined, visited.arguments), visited);
  };
  return visit;
}
