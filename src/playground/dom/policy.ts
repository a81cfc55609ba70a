/**
 * Closes what the page's Content-Security-Policy leaves open: `connect-src` of the page itself names every address of http and
 * https, as it cannot be widened later; policies only ever narrow each other. So the page narrows it before anything else runs,
 * to its own site and to the one server that whoever sits here has named.
 *
 * @param origin of that server; none if left out
 */
export function narrowConnections(origin: string | undefined): void {
  const allowed = ["'self'", ...(origin === undefined ? [] : [origin])];
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `connect-src ${allowed.join(" ")}`;
  document.head.append(policy);
}
