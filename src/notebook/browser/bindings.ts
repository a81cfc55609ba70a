/** The names on the left of a declaration, and the same left side as that of an assignment. */
import ts from "typescript";

/** All names that a declaration binds: of `{ a, b: [c, ...d] }` a, c and d. */
export function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : boundNames(element.name),
  );
}

/** The expression to assign to instead of declaring `name`. */
export function assignmentTarget(factory: ts.NodeFactory, name: ts.BindingName): ts.Expression {
  if (ts.isIdentifier(name)) return name;
  if (ts.isArrayBindingPattern(name))
    return factory.createArrayLiteralExpression(
      name.elements.map((element) => {
        if (ts.isOmittedExpression(element)) return element;
        const target = assignmentTarget(factory, element.name);
        return element.dotDotDotToken
          ? factory.createSpreadElement(target)
          : withDefault(factory, target, element);
      }),
    );
  return factory.createObjectLiteralExpression(
    name.elements.map((element) => {
      const target = assignmentTarget(factory, element.name);
      if (element.dotDotDotToken) return factory.createSpreadAssignment(target);
      const key = element.propertyName ?? (element.name as ts.Identifier);
      return factory.createPropertyAssignment(key, withDefault(factory, target, element));
    }),
  );
}

const withDefault = (
  factory: ts.NodeFactory,
  target: ts.Expression,
  { initializer }: ts.BindingElement,
): ts.Expression => (initializer ? factory.createAssignment(target, initializer) : target);
