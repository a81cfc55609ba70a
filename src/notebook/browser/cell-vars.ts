/** `var` in blocks and loops of a cell: it belongs to the whole cell, and later cells see it. */
import ts from "typescript";
import { assignmentTarget, boundNames } from "./bindings.js";

/** The names that `var` declares in a statement and its blocks and loops, but not in functions and classes. */
export function varsWithin(statement: ts.Node): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (hasScope(node)) return;
    if (isVarList(node)) for (const { name } of node.declarations) names.push(...boundNames(name));
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return names;
}

const hasScope = (node: ts.Node): boolean =>
  ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node);

const isVarList = (node: ts.Node): node is ts.VariableDeclarationList =>
  ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0;

/** Assigns where `var` declares: its names are the cell's. */
export function withoutVars(context: ts.TransformationContext): ts.Visitor {
  const { factory } = context;
  const assignments = ({ declarations }: ts.VariableDeclarationList): ts.Expression[] =>
    declarations.flatMap((declaration) => {
      const { name, initializer } = declaration;
      if (!initializer) return [];
      const target = assignmentTarget(factory, name);
      return [ts.setSourceMapRange(factory.createAssignment(target, initializer), declaration)];
    });
  /** What stands in the head of a `for` that declares, or undefined if it does not by `var`. */
  const head = (initializer: ts.ForInitializer | undefined): ts.VariableDeclarationList | undefined =>
    initializer && isVarList(initializer) ? initializer : undefined;
  const withoutVar = (node: ts.Node): ts.VisitResult<ts.Node> => {
    if (ts.isVariableStatement(node) && isVarList(node.declarationList))
      return assignments(node.declarationList).map((made) => factory.createExpressionStatement(made));
    if (ts.isForStatement(node)) {
      const list = head(node.initializer);
      if (!list) return node;
      const [first, ...rest] = assignments(list);
      const initializer = first && rest.reduce((all, next) => factory.createComma(all, next), first);
      return factory.updateForStatement(node, initializer, node.condition, node.incrementor, node.statement);
    }
    if (ts.isForInStatement(node) || ts.isForOfStatement(node)) {
      const list = head(node.initializer);
      if (!list) return node;
      const target = assignmentTarget(factory, list.declarations[0]!.name);
      return ts.isForInStatement(node)
        ? factory.updateForInStatement(node, target, node.expression, node.statement)
        : factory.updateForOfStatement(node, node.awaitModifier, target, node.expression, node.statement);
    }
    return node;
  };
  const visit: ts.Visitor = (node) =>
    hasScope(node) ? node : withoutVar(ts.visitEachChild(node, visit, context));
  return visit;
}
