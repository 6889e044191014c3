// Front ends whose documents the server knows from the manifests of their tools, and a server that runs no others.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createClient } from "graphql-ws";
import { fetchQuery } from "relay-runtime";
import { environment } from "./docs/relay-persisted.js";
import query from "./persisted/documentsCustomerQuery.graphql.js";
import { assert, check, noting, some, trustedUrl } from "./harness.mjs";

const manifest = JSON.parse(await readFile(new URL("./codegen/gql/persisted-documents.json", import.meta.url), "utf8"));
const [[id, text]] = Object.entries(manifest).filter(([, each]) => each.includes("query TypedCustomer"));
const variables = { id: "C1018", first: 1 };

async function ask(body) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  const response = await fetch(trustedUrl, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, ...(await response.json()) };
}

check("trusted documents: Relay's, by their id alone", async () => {
  assert.equal(query.params.text, null);
  const { customer } = await fetchQuery(environment, query, { id: "C1007", first: 2 }).toPromise();
  assert.equal(customer.number, "C1007");
});

check("trusted documents: GraphQL Code Generator's, by documentId", async () => {
  const { data, errors } = await ask({ documentId: id, variables });
  assert.equal(errors, undefined);
  assert.equal(data.customer.number, "C1018");
});

check("trusted documents: by GET", async () => {
  const parameters = new URLSearchParams({ documentId: id, variables: JSON.stringify(variables) });
  const response = await fetch(`${trustedUrl}?${parameters}`, { headers: { accept: "application/graphql-response+json" } });
  assert.equal((await response.json()).data.customer.number, "C1018");
});

check("trusted documents: by their text", async () => {
  assert.equal((await ask({ query: text, variables })).data.customer.number, "C1018");
});

check("trusted documents: Apollo Client asks by hash alone", async () => {
  const requests = [];
  const hash = createHash("sha256").update(text).digest("hex");
  const link = new PersistedQueryLink({ generateHash: () => hash });
  const http = new HttpLink({ uri: trustedUrl, fetch: noting(requests) });
  const client = new ApolloClient({ link: link.concat(http), cache: new InMemoryCache() });
  const { data } = await client.query({ query: gql(text), variables });
  assert.equal(data.customer.number, "C1018");
  assert.equal(requests.length, 1);
  assert.equal(JSON.parse(requests[0].body).query, undefined);
});

check("trusted documents: over a socket", async () => {
  const client = createClient({ url: trustedUrl.replace("http", "ws") });
  const [{ data }] = await some(client.iterate({ query: text, variables }), 1);
  assert.equal(data.customer.number, "C1018");
  await client.dispose();
});

for (const [what, body] of [
  ["a text of one's own", { query: "{ __typename }" }],
  ["an id that is not known", { documentId: "0".repeat(64) }],
  ["an introspection", { query: "{ __schema { queryType { name } } }" }],
]) {
  check(`trusted documents: ${what} is refused`, async () => {
    const { status, data, errors } = await ask(body);
    assert.ok(status >= 400 && status < 500, String(status));
    assert.equal(data, undefined);
    assert.ok(errors[0].extensions.code);
  });
}

check("trusted documents: a text cannot be made known by sending it with its hash", async () => {
  const own = "{ __typename }";
  const persistedQuery = { version: 1, sha256Hash: createHash("sha256").update(own).digest("hex") };
  for (const body of [{ query: own, extensions: { persistedQuery } }, { extensions: { persistedQuery } }]) {
    const { status, data } = await ask(body);
    assert.ok(status >= 400 && status < 500, String(status));
    assert.equal(data, undefined);
  }
});
