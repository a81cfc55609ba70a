/**
 * Closes what the page's Content-Security-Policy leaves open: `connect-src` of the page itself names every address of http and
 * https, as it cannot be widened later; policies only ever narrow each other. So the page narrows it before anything else runs,
 * to its own site and to the one server that its link names.
 *
 * @param server address of a server that computes; none if left out
 */
export function narrowConnections(server: string | undefined): void {
  const allowed = ["'self'", ...(server === undefined ? [] : [new URL(server).origin])];
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `connect-src ${allowed.join(" ")}`;
  document.head.append(policy);
}
