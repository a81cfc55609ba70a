/** What may stand at the cursor of a cell. */
import ts from "typescript";

/** A name that may stand there; `kind` as TypeScript's language service calls it (`method`, `const`, `class`). */
export interface Match {
  text: string;
  kind: string;
}

/** Matches, the best first, and the part of the file that each replaces. */
export interface Completion {
  matches: Match[];
  span: ts.TextSpan;
}

/**
 * The completions at `position` in a file of the service, as tslab orders them: names that begin with what is typed,
 * then those that do so but for case, then those that have it within.
 *
 * @param specifiers what may be imported
 */
export function completion(
  service: ts.LanguageService,
  path: string,
  position: number,
  specifiers: (checker: ts.TypeChecker) => readonly string[],
): Completion {
  const program = service.getProgram()!;
  const file = program.getSourceFile(path)!;
  const checker = program.getTypeChecker();
  const specifier = specifierAt(file, position);
  if (specifier) {
    const span = { start: specifier.getStart(file) + 1, length: specifier.text.length };
    const all = specifiers(checker).map((text) => ({ text, kind: ts.ScriptElementKind.moduleElement }));
    return { matches: ordered(all, file.text.slice(span.start, position)), span };
  }
  const found = service.getCompletionsAtPosition(path, position, { includeSymbol: true });
  const span = found?.entries[0]?.replacementSpan ??
    found?.optionalReplacementSpan ?? { start: position, length: 0 };
  const entries = [...(found?.entries ?? [])].sort((a, b) => compare(a.sortText, b.sortText));
  const all = entries.map((entry) => ({ text: entry.name, kind: kindOf(entry, checker) }));
  return { matches: ordered(all, file.text.slice(span.start, position)), span };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The text after `from`, or within `import(…)`, that the position lies in. */
function specifierAt(file: ts.SourceFile, position: number): ts.StringLiteral | undefined {
  let found: ts.StringLiteral | undefined;
  const visit = (node: ts.Node): void => {
    if (position <= node.getStart(file) || position > node.end) return;
    if (ts.isStringLiteral(node) && isSpecifier(node)) found = node;
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

const isSpecifier = ({ parent }: ts.StringLiteral): boolean =>
  ts.isImportDeclaration(parent) ||
  (ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword);

/** The matches of what is typed, each group in the order in which it was given. */
function ordered(all: readonly Match[], typed: string): Match[] {
  const groups: Match[][] = [[], [], []];
  for (const match of all) {
    const index = match.text.toLowerCase().indexOf(typed.toLowerCase());
    if (match.text.startsWith(typed)) groups[0]!.push(match);
    else if (index >= 0) groups[index === 0 ? 1 : 2]!.push(match);
  }
  return groups.flat();
}

/** What an imported name is, rather than that it is imported. */
function kindOf({ kind, symbol }: ts.CompletionEntry, checker: ts.TypeChecker): string {
  if (kind !== ts.ScriptElementKind.alias || !symbol || !(symbol.flags & ts.SymbolFlags.Alias)) return kind;
  const { flags } = checker.getAliasedSymbol(symbol);
  return ALIASED_KINDS.find(([flag]) => flags & flag)?.[1] ?? kind;
}

const ALIASED_KINDS: readonly (readonly [ts.SymbolFlags, ts.ScriptElementKind])[] = [
  [ts.SymbolFlags.Function, ts.ScriptElementKind.functionElement],
  [ts.SymbolFlags.Class, ts.ScriptElementKind.classElement],
  [ts.SymbolFlags.Enum, ts.ScriptElementKind.enumElement],
  [ts.SymbolFlags.Variable, ts.ScriptElementKind.constElement],
  [ts.SymbolFlags.Interface, ts.ScriptElementKind.interfaceElement],
  [ts.SymbolFlags.TypeAlias, ts.ScriptElementKind.typeElement],
  [ts.SymbolFlags.Module, ts.ScriptElementKind.moduleElement],
];
