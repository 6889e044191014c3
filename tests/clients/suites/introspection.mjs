// The schema as tools read it.
import {
  buildClientSchema,
  getIntrospectionQuery,
  introspectionFromSchema,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { readFile } from "node:fs/promises";
import { assert, check, url } from "./harness.mjs";

async function introspected(options) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: getIntrospectionQuery(options) }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

const EVERYTHING = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};

check("introspection: graphql-js builds a valid schema from it", async () => {
  const schema = buildClientSchema(await introspected(EVERYTHING));
  assert.deepEqual(validateSchema(schema), []);
  assert.equal(schema.getQueryType().name, "Query");
  assert.equal(schema.getSubscriptionType().name, "Subscription");
});

check("introspection: what is printed of it introspects to the same again", async () => {
  const schema = buildClientSchema(await introspected(EVERYTHING));
  assert.deepEqual(introspectionFromSchema(schema).__schema.types.length, schema.toConfig().types.length);
});

check("introspection: graphql-inspector has written the same schema", async () => {
  const schema = lexicographicSortSchema(buildClientSchema(await introspected(EVERYTHING)));
  const written = await readFile(new URL("./schema.graphql", import.meta.url), "utf8");
  const types = (text) => [...text.matchAll(/^(?:type|interface|input|enum|union|scalar) (\w+)/gm)].map(([, name]) => name).sort();
  assert.deepEqual(types(written), types(printSchema(schema)));
});

for (const [what, options] of [["oldest", { descriptions: false }], ["default", undefined]]) {
  check(`introspection: the ${what} query`, async () => {
    assert.ok(buildClientSchema(await introspected(options)).getType("Customer"));
  });
}
