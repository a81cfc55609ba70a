/**
 * The colours of diagrams by what they mean, on light ground and on dark. On each, letters have a contrast of 4.5 to 1 at
 * least with what they stand on.
 */
const colors = {
  paper: ["#ffffff", "#181f27"],
  ink: ["#222222", "#e6edf3"],
  muted: ["#59636e", "#a9b3bd"],
  /** What nobody else may see. */
  secret: ["#fde9dc", "#5a2c0c"],
  /** What anybody may see. */
  open: ["#dcecf7", "#123c57"],
  edge: ["#8b949e", "#7d8791"],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type Role = keyof typeof colors;

/** Attributes that fill a shape or letters. They hold for light ground, where no style is read too. */
export const paint = (role: Role): string => `class="fill-${role}" fill="${colors[role][0]}"`;

/** Attributes that draw a shape's line. */
export const stroke = (role: Role): string => `class="line-${role}" stroke="${colors[role][0]}"`;

/** Attributes of a shape with both. */
export const paintAndStroke = (fill: Role, line: Role): string =>
  `class="fill-${fill} line-${line}" fill="${colors[fill][0]}" stroke="${colors[line][0]}"`;

/** Takes the dark colours in dark surroundings, but on paper. */
export const diagramStyle = `@media screen and (prefers-color-scheme: dark) { ${Object.entries(colors)
  .map(([role, [, dark]]) => `.fill-${role} { fill: ${dark}; } .line-${role} { stroke: ${dark}; }`)
  .join(" ")} }`;
