import { expect, test } from "@jest/globals";
import { errorCodes, routes } from "../../../../src/he-ml/network/protocol.js";
import { smallApp } from "./support.js";

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

test("the document lists every route, and says of each what it takes and how it refuses", async () => {
  const small = await smallApp();
  const answer = await small.app.inject("/openapi.json");
  await small.stop();
  const { openapi, paths } = answer.json<{
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  }>();
  expect(openapi).toBe("3.1.0");
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const addresses = Object.values(routes).filter((route) => route !== routes.docs);
  expect([...new Set(listed.map(({ path }) => path))].sort()).toEqual(
    addresses.map((route) => route.replace(/:(\w+)/g, "{$1}")).sort(),
  );
  for (const { path, method, operation } of listed) {
    const where = `${method} ${path}`;
    const { summary, description, parameters = [], requestBody, responses } = operation;
    const described = [summary, description, ...parameters.map((parameter) => parameter.description)];
    for (const text of described) expect([where, text]).toEqual([where, expect.stringMatching(/\w/)]);
    expect([where, requestBody !== undefined]).toEqual([where, ["post", "put"].includes(method)]);
    for (const [status, { description: why }] of Object.entries(responses)) {
      expect([where, status, why]).not.toContain("Default Response");
    }
  }
  expect(paths["/sessions/{session}/jobs/{job}"].put.requestBody?.content).toMatchObject({
    "application/octet-stream": { schema: { type: "string", format: "binary" } },
  });
  const told = listed.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(
      ({ description }) => description.match(/`[a-z-]+`(?=:)/g) ?? [],
    ),
  );
  const codes = errorCodes.filter((code) => code !== "unknown-route").map((code) => `\`${code}\``);
  expect([...new Set(told)].sort()).toEqual(codes.sort());
});
