/** What a cell declares at its top: the names that later cells see. */
import ts from "typescript";
import { boundNames } from "./bindings.js";
import { varsWithin } from "./cell-vars.js";

/** A name of a cell, for those after it. */
export interface DeclaredName {
  name: string;
  /** Variables may be assigned to; `other`: functions, classes, enumerations, types, and what was imported. */
  kind: "let" | "const" | "other";
  /** Whether the cell itself exports it under that name. */
  exported: boolean;
}

/** All names that `file` declares for later cells: types, too, and each `var` that is in no function. */
export function declaredNames(file: ts.SourceFile): DeclaredName[] {
  const names = new Map<string, DeclaredName>();
  for (const statement of file.statements) {
    const exported = isExported(statement);
    for (const [name, kind] of namesOf(statement))
      // A value and a type may have one name
      names.set(name, { name, kind: names.get(name)?.kind === "other" ? "other" : kind, exported });
  }
  return [...names.values()];
}

const isExported = (node: ts.Statement): boolean => {
  const kinds = (ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []).map(({ kind }) => kind);
  return kinds.includes(ts.SyntaxKind.ExportKeyword) && !kinds.includes(ts.SyntaxKind.DefaultKeyword);
};

function namesOf(statement: ts.Statement): [name: string, kind: DeclaredName["kind"]][] {
  if (ts.isVariableStatement(statement)) {
    const { declarations, flags } = statement.declarationList;
    // The flag of `await using` is that of `const` and that of `using`
    const kind = flags & (ts.NodeFlags.Const | ts.NodeFlags.Using) ? "const" : "let";
    return declarations.flatMap(({ name }) => boundNames(name)).map((name) => [name, kind]);
  }
  const others = otherNames(statement);
  return others ? others.map((name) => [name, "other"]) : varsWithin(statement).map((name) => [name, "let"]);
}

/** The names of a declaration that is none of variables; undefined for statements. */
function otherNames(node: ts.Statement): string[] | undefined {
  if (ts.isImportDeclaration(node)) return importedNames(node).map(({ text }) => text);
  if (ts.isModuleDeclaration(node)) return ts.isIdentifier(node.name) ? [node.name.text] : [];
  return isNamed(node) ? (node.name ? [node.name.text] : []) : undefined;
}

const isNamed = (
  node: ts.Statement,
): node is
  | ts.FunctionDeclaration
  | ts.ClassDeclaration
  | ts.EnumDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.ImportEqualsDeclaration =>
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isEnumDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportEqualsDeclaration(node);

function importedNames({ importClause }: ts.ImportDeclaration): ts.Identifier[] {
  const bindings = importClause?.namedBindings;
  const named = bindings && (ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements);
  return [importClause?.name, ...(named ?? []).map(({ name }) => name)].filter((name) => name !== undefined);
}
