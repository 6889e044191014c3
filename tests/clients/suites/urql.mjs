// urql, by its core: what its bindings for React, Vue and Svelte are made of.
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { urql } from "./docs/urql.js";
import { SHIPMENTS, assert, check, emitted, guardedUrl, key, noting, url } from "./harness.mjs";

const CUSTOMER = gql`query Customer($id: ID!) { customer(id: $id) { id number email } }`;
const CHANGE = gql`
  mutation Change($id: ID!, $email: String!) { changeCustomerEmail(id: $id, email: $email) { id email } }
`;
const variables = { id: "C1016" };

function noted(options = {}) {
  const requests = [];
  const exchanges = options.exchanges ?? [cacheExchange, fetchExchange];
  return { client: new Client({ url, fetch: noting(requests), ...options, exchanges }), requests };
}

/** wonka's sources as what else is subscribed to. */
const observed = (source) => ({ subscribe: ({ next }) => source.subscribe(next) });

check("urql: a query", async () => {
  const { data, error } = await urql.query(CUSTOMER, variables);
  assert.equal(error, undefined);
  assert.equal(data.customer.number, "C1016");
});

check("urql: its Accept header, which mentions streams, is answered with one JSON object", async () => {
  const { client, requests } = noted({ preferGetMethod: false });
  const { data } = await client.query(CUSTOMER, variables);
  assert.ok(data);
  const [{ headers, response }] = requests;
  assert.match(headers.accept, /text\/event-stream/);
  assert.match(response.headers.get("content-type"), /^application\/graphql-response\+json/);
});

check("urql: queries by GET", async () => {
  const { client, requests } = noted({ preferGetMethod: "force" });
  const { data, error } = await client.query(CUSTOMER, variables);
  assert.equal(error, undefined);
  assert.equal(data.customer.number, "C1016");
  assert.equal(requests[0].method, "GET");
});

check("urql: a mutation", async () => {
  const { data } = await urql.query(CUSTOMER, variables);
  const { email } = data.customer;
  const changed = await urql.mutation(CHANGE, { ...variables, email });
  assert.equal(changed.error, undefined);
  assert.equal(changed.data.changeCustomerEmail.email, email);
});

check("urql: a mutation makes its cache ask again", async () => {
  const { client, requests } = noted();
  const { email } = (await client.query(CUSTOMER, variables)).data.customer;
  await client.query(CUSTOMER, variables);
  assert.equal(requests.length, 1);
  await client.mutation(CHANGE, { ...variables, email });
  await client.query(CUSTOMER, variables);
  assert.equal(requests.length, 3);
});

check("urql: a subscription over graphql-ws", async () => {
  const seen = await emitted(observed(urql.subscription(gql(SHIPMENTS), {})), (all) => all.length === 2);
  for (const { data } of seen) assert.ok(data.shipmentUpdated.node.status);
});

check("urql: a subscription over HTTP, with no socket", async () => {
  const { client, requests } = noted({ fetchSubscriptions: true });
  const seen = await emitted(observed(client.subscription(gql(SHIPMENTS), {})), (all) => all.length === 2);
  for (const { data, error } of seen) {
    assert.equal(error, undefined);
    assert.ok(data.shipmentUpdated.node.status);
  }
  assert.match(requests[0].response.headers.get("content-type"), /^text\/event-stream/);
});

check("urql: @defer", async () => {
  const { client } = noted();
  const query = gql`{ customer(id: "C1016") { id name ... @defer { balance { cents } } } }`;
  const seen = await emitted(observed(client.query(query, {})), (all) => !all.at(-1).hasNext && !all.at(-1).stale);
  const wrong = seen.at(-1).error;
  assert.equal(wrong && String(wrong), undefined);
  assert.equal(typeof seen.at(-1).data.customer.balance.cents, "number");
});

for (const preferGetForPersistedQueries of [false, "force"]) {
  const how = preferGetForPersistedQueries ? "GET" : "POST";
  check(`urql: persistedExchange, by ${how}`, async () => {
    const exchanges = [persistedExchange({ preferGetForPersistedQueries }), fetchExchange];
    const { client, requests } = noted({ exchanges, preferGetMethod: false });
    const query = gql(`{ a${Date.now()}${how}: __typename customer(id: "C1016") { number } }`);
    for (let turn = 0; turn < 2; turn += 1) {
      const { data, error } = await client.query(query, {}, { requestPolicy: "network-only" });
      assert.equal(error, undefined);
      assert.equal(data.customer.number, "C1016");
    }
    assert.equal(requests.length, 3);
    assert.equal(requests[2].method, how);
  });
}

check("urql: errors have their codes and leave the rest of the data", async () => {
  const { data, error } = await urql.query(gql`{ customer(id: "C1016") { id } node(id: "nonsense") { id } }`, {});
  assert.equal(error.graphQLErrors[0].extensions.code, "BAD_USER_INPUT");
  assert.ok(data.customer.id);
});

check("urql: a document that does not fit the schema is a GraphQL error and no network error", async () => {
  const { error } = await urql.query(gql`{ nothing }`, {});
  assert.equal(error.networkError, undefined);
  assert.equal(error.graphQLErrors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

check("urql: a key says who asks", async () => {
  const known = noted({ url: guardedUrl, fetchOptions: { headers: { "X-Api-Key": key } } });
  assert.ok((await known.client.query(CUSTOMER, variables)).data.customer);
  const unknown = noted({ url: guardedUrl });
  const { error } = await unknown.client.query(CUSTOMER, variables);
  assert.equal(error.response.status, 401);
  assert.ok(error.graphQLErrors[0].extensions.code);
});
