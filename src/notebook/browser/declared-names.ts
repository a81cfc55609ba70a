/** What a cell declares at its top: the names that later cells see. */
import ts from "typescript";
import { boundNames } from "./bindings.js";
import { varsWithin } from "./cell-vars.js";

/** A name of a cell, for those after it. */
export interface DeclaredName {
  name: string;
  /** `let` and `const`: a variable; `value`: a function; `type`: an interface or type; `both`: all else, and what was imported. */
  kind: "let" | "const" | "value" | "type" | "both";
  /** Whether the cell itself exports it under that name. */
  exported: boolean;
}

/** All names that `file` declares for later cells: types, too, and each `var` that is in no function. */
export function declaredNames(file: ts.SourceFile): DeclaredName[] {
  const names = new Map<string, DeclaredName>();
  for (const statement of file.statements) {
    const exported = isExported(statement);
    for (const [name, kind] of namesOf(statement))
      names.set(name, { name, kind: together(names.get(name)?.kind ?? kind, kind), exported });
  }
  return [...names.values()];
}

/** What a name is that a cell declares twice, as the parts of an interface, or a type and a value. */
const together = (first: DeclaredName["kind"], second: DeclaredName["kind"]): DeclaredName["kind"] =>
  first === second ? first : "both";

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
  if (ts.isImportDeclaration(statement)) return importedNames(statement).map(({ text }) => [text, "both"]);
  const name = declaredName(statement);
  if (name !== undefined) return [[name, kindOf(statement)]];
  return varsWithin(statement).map((each) => [each, "let"]);
}

/** The name of a declaration that is none of variables. */
const declaredName = (node: ts.Statement): string | undefined =>
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isEnumDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportEqualsDeclaration(node) ||
  (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name))
    ? node.name?.text
    : undefined;

const kindOf = (node: ts.Statement): DeclaredName["kind"] =>
  ts.isFunctionDeclaration(node)
    ? "value"
    : ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
      ? "type"
      : "both";

function importedNames({ importClause }: ts.ImportDeclaration): ts.Identifier[] {
  const bindings = importClause?.namedBindings;
  const named = bindings && (ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements);
  return [importClause?.name, ...(named ?? []).map(({ name }) => name)].filter((name) => name !== undefined);
}
