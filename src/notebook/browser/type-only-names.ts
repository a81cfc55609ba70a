/** Which names of a cell stand only where types stand: an import of such a name has no value to load. */
import ts from "typescript";

/** The names that `file` uses as types and nowhere as values; imports and exports are no uses, nor is the name of `import x = …`. */
export function usedAsTypesOnly(file: ts.SourceFile): Set<string> {
  const types = new Set<string>();
  const values = new Set<string>();
  const visit = (node: ts.Node, inType: boolean): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isTypeQueryNode(node)) return;
    if (ts.isImportEqualsDeclaration(node)) return void values.add(firstName(node.moduleReference));
    const isType = inType || isTypeOnly(node);
    if (ts.isIdentifier(node)) (isType ? types : values).add(node.text);
    ts.forEachChild(node, (child) => visit(child, isType));
  };
  visit(file, false);
  return new Set([...types].filter((name) => !values.has(name)));
}

/** Of `A.B.C` A. */
const firstName = (reference: ts.ModuleReference): string =>
  ts.isQualifiedName(reference)
    ? firstName(reference.left)
    : ts.isIdentifier(reference)
      ? reference.text
      : "";

const isTypeOnly = (node: ts.Node): boolean =>
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) ||
  (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node));
