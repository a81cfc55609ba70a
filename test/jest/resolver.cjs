const { join, sep } = require("node:path");
const { imports } = require("../../package.json");

const root = join(__dirname, "../..");
const built = join(root, "dist") + sep;

/**
 * What package.json's `imports` name in Node: for a source the source, for what is built what is built. So each module is there
 * once, whether it is imported so or by its path.
 */
function resolve(request, options) {
  const file = imports[request]?.default;
  if (!file?.startsWith("./dist/")) return options.defaultResolver(request, options);
  const isBuilt = `${options.basedir}${sep}`.startsWith(built);
  return join(root, isBuilt ? file : file.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
}

module.exports = resolve;
