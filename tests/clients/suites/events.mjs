// graphql-sse: GraphQL over server-sent events, one connection for each operation and one for all.
import { createClient } from "graphql-sse";
import { events } from "./docs/graphql-sse.js";
import { SHIPMENTS, assert, check, guardedUrl, key, noting, some, url } from "./harness.mjs";

const CUSTOMER = 'query Customer { customer(id: "C1012") { number email } }';
const CHANGE = "mutation($email: String!) { changeCustomerEmail(id: \"C1012\", email: $email) { email } }";
const CLIENTS = { distinct: () => events, single: () => createClient({ url, singleConnection: true }) };

async function one(client, payload) {
  const [result] = await some(client.iterate(payload), 1);
  return result;
}

for (const [mode, make] of Object.entries(CLIENTS)) {
  check(`graphql-sse, ${mode}: a query and a mutation`, async () => {
    const client = make();
    const { data } = await one(client, { query: CUSTOMER });
    assert.equal(data.customer.number, "C1012");
    const changed = await one(client, { query: CHANGE, variables: { email: data.customer.email } });
    assert.deepEqual(changed.data, { changeCustomerEmail: { email: data.customer.email } });
  });

  check(`graphql-sse, ${mode}: a query completes after its one result`, async () => {
    const seen = [];
    for await (const result of make().iterate({ query: CUSTOMER })) seen.push(result);
    assert.equal(seen.length, 1);
  });

  check(`graphql-sse, ${mode}: a subscription goes on, and ends when it is left`, async () => {
    const seen = await some(make().iterate({ query: SHIPMENTS }), 2);
    for (const { data } of seen) assert.ok(data.shipmentUpdated.node.status);
  });

  check(`graphql-sse, ${mode}: several operations at once`, async () => {
    const client = make();
    const results = await Promise.all([
      some(client.iterate({ query: SHIPMENTS }), 1),
      some(client.iterate({ query: SHIPMENTS }), 1),
      ...Array.from({ length: 5 }, () => one(client, { query: CUSTOMER })),
    ]);
    assert.equal(results.length, 7);
    client === events || client.dispose();
  });

  for (const [what, payload, code] of [
    ["cannot be read", { query: "{" }, "GRAPHQL_PARSE_FAILED"],
    ["does not fit the schema", { query: "subscription { nothing }" }, "GRAPHQL_VALIDATION_FAILED"],
    ["lacks a variable", { query: "query($id: ID!) { customer(id: $id) { name } }" }, "BAD_USER_INPUT"],
  ]) {
    check(`graphql-sse, ${mode}: a document that ${what} is an error with a code`, async () => {
      // On a stream of its own it is a result. Beside a shared one the request is refused: the client throws, after
      // five more attempts where it is not told otherwise, and lets go of the response's body.
      let refused;
      const fetchFn = async (...request) => {
        const response = await fetch(...request);
        if (!response.ok) refused = { status: response.status, ...(await response.clone().json()) };
        return response;
      };
      const client = createClient({ url, singleConnection: mode === "single", retryAttempts: 0, fetchFn });
      const told = await one(client, payload).catch((error) => refused ?? Promise.reject(error));
      assert.equal(told.status, mode === "single" ? 400 : undefined);
      assert.deepEqual(told.errors.map(({ extensions }) => extensions.code), [code]);
    });
  }

  check(`graphql-sse, ${mode}: a key says who asks`, async () => {
    const headers = () => ({ "X-Api-Key": key });
    const client = createClient({ url: guardedUrl, singleConnection: mode === "single", headers });
    assert.equal((await one(client, { query: CUSTOMER })).data.customer.number, "C1012");
    client.dispose();
  });

  check(`graphql-sse, ${mode}: who comes without a key is refused`, async () => {
    const client = createClient({ url: guardedUrl, singleConnection: mode === "single", retryAttempts: 0 });
    const error = await one(client, { query: CUSTOMER }).then(JSON.stringify, (reason) => reason);
    assert.equal(error.response?.status, 401, String(error));
  });
}

check("graphql-sse, single: one reservation and one stream serve all operations", async () => {
  const requests = [];
  const client = createClient({ url, singleConnection: true, lazy: false, fetchFn: noting(requests) });
  await one(client, { query: CUSTOMER });
  await one(client, { query: CUSTOMER });
  await some(client.iterate({ query: SHIPMENTS }), 1);
  client.dispose();
  const count = (method) => requests.filter((each) => each.method === method).length;
  assert.deepEqual([count("PUT"), count("GET"), count("POST")], [1, 1, 3]);
  const statuses = (method) => new Set(requests.filter((each) => each.method === method).map((each) => each.response.status));
  assert.deepEqual([statuses("PUT"), statuses("GET"), statuses("POST")], [new Set([201]), new Set([200]), new Set([202])]);
});

check("graphql-sse, single: an operation that is left is ended by DELETE", async () => {
  const requests = [];
  const client = createClient({ url, singleConnection: true, lazy: false, fetchFn: noting(requests) });
  await some(client.iterate({ query: SHIPMENTS }), 1);
  for (let turn = 0; turn < 100 && !requests.some((each) => each.method === "DELETE" && each.response); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [ended] = requests.filter((each) => each.method === "DELETE");
  assert.equal(ended.response.status, 200);
  client.dispose();
});
