// graphql-ws: the client of graphql-transport-ws that most others are built on.
import { CloseCode, createClient } from "graphql-ws";
import { socket } from "./docs/graphql-ws.js";
import { SHIPMENTS, assert, check, guardedSocketUrl, key, some, socketUrl } from "./harness.mjs";

const CUSTOMER = 'query Customer { customer(id: "C1011") { number email } }';
const CHANGE = "mutation Change($email: String!) { changeCustomerEmail(id: \"C1011\", email: $email) { email } }";

async function one(client, payload) {
  const [result] = await some(client.iterate(payload), 1);
  return result;
}

/** The code and reason that the server closed with. */
function closing(options) {
  return new Promise((resolve, reject) => {
    const client = createClient({ url: guardedSocketUrl, retryAttempts: 0, ...options });
    client.on("closed", ({ code, reason }) => resolve({ code, reason }));
    client.subscribe({ query: "{ __typename }" }, { next: reject, error: () => {}, complete: () => {} });
  });
}

check("graphql-ws: a query and a mutation", async () => {
  const { data } = await one(socket, { query: CUSTOMER });
  assert.equal(data.customer.number, "C1011");
  const changed = await one(socket, { query: CHANGE, variables: { email: data.customer.email } });
  assert.deepEqual(changed.data, { changeCustomerEmail: { email: data.customer.email } });
});

check("graphql-ws: an operation is chosen by its name", async () => {
  const query = `${CUSTOMER} query Other { __typename }`;
  const { data } = await one(socket, { query, operationName: "Other" });
  assert.deepEqual(data, { __typename: "Query" });
});

check("graphql-ws: a query completes after its one result", async () => {
  const seen = [];
  for await (const result of socket.iterate({ query: CUSTOMER })) seen.push(result);
  assert.equal(seen.length, 1);
});

check("graphql-ws: a subscription goes on, and ends when it is left", async () => {
  const seen = await some(socket.iterate({ query: SHIPMENTS }), 2);
  for (const { data, errors } of seen) {
    assert.equal(errors, undefined);
    assert.ok(data.shipmentUpdated.node.status);
  }
  assert.notEqual(seen[0].data.shipmentUpdated.cursor, seen[1].data.shipmentUpdated.cursor);
});

check("graphql-ws: many operations share one socket", async () => {
  const sockets = [];
  const client = createClient({ url: socketUrl, lazyCloseTimeout: 500 });
  client.on("opened", (opened) => sockets.push(opened));
  const asked = [some(client.iterate({ query: SHIPMENTS }), 1), some(client.iterate({ query: SHIPMENTS }), 1)];
  for (let index = 0; index < 5; index += 1) asked.push(one(client, { query: CUSTOMER }));
  const results = await Promise.all(asked);
  assert.equal(results.length, 7);
  assert.equal(sockets.length, 1);
  await client.dispose();
});

check("graphql-ws: who comes back with a cursor is told what was missed", async () => {
  const [first, second] = await some(socket.iterate({ query: SHIPMENTS }), 2);
  const query = "subscription($after: String) { shipmentUpdated(after: $after) { cursor } }";
  const variables = { after: first.data.shipmentUpdated.cursor };
  const [again] = await some(socket.iterate({ query, variables }), 1);
  assert.equal(again.data.shipmentUpdated.cursor, second.data.shipmentUpdated.cursor);
});

check("graphql-ws: a lost connection is made again, and the subscription goes on", async () => {
  const client = createClient({ url: socketUrl, retryAttempts: 3, retryWait: async () => {} });
  let connections = 0;
  client.on("connected", () => (connections += 1));
  const seen = [];
  for await (const result of client.iterate({ query: SHIPMENTS })) {
    seen.push(result);
    if (seen.length === 1) client.terminate();
    if (seen.length === 2) break;
  }
  assert.equal(connections, 2);
  await client.dispose();
});

check("graphql-ws: pings are answered", async () => {
  const client = createClient({ url: socketUrl, lazy: false, keepAlive: 50 });
  const pong = await new Promise((resolve) => client.on("pong", (received) => received && resolve(true)));
  assert.ok(pong);
  await client.dispose();
});

for (const [what, payload, code] of [
  ["cannot be read", { query: "{" }, "GRAPHQL_PARSE_FAILED"],
  ["does not fit the schema", { query: "{ nothing }" }, "GRAPHQL_VALIDATION_FAILED"],
  ["lacks a variable", { query: "query($id: ID!) { customer(id: $id) { name } }" }, "BAD_USER_INPUT"],
]) {
  check(`graphql-ws: a document that ${what} is an error, and the socket stays`, async () => {
    const client = createClient({ url: socketUrl, lazyCloseTimeout: 500, retryAttempts: 0 });
    let connections = 0;
    client.on("connected", () => (connections += 1));
    const told = await one(client, payload).catch((errors) => ({ errors }));
    assert.deepEqual(told.errors.map(({ extensions }) => extensions.code), [code]);
    assert.ok((await one(client, { query: CUSTOMER })).data);
    assert.equal(connections, 1);
    await client.dispose();
  });
}

check("graphql-ws: what goes wrong in an operation stands beside its data", async () => {
  const query = '{ customer(id: "C1011") { number } node(id: "nonsense") { id } }';
  const { data, errors } = await one(socket, { query });
  assert.deepEqual(data, { customer: { number: "C1011" }, node: null });
  assert.deepEqual(errors.map(({ path, extensions }) => [path, extensions.code]), [[["node"], "BAD_USER_INPUT"]]);
});

check("graphql-ws: connectionParams say who asks", async () => {
  const client = createClient({ url: guardedSocketUrl, connectionParams: { "x-api-key": key } });
  const { data } = await one(client, { query: CUSTOMER });
  assert.equal(data.customer.number, "C1011");
  await client.dispose();
});

check("graphql-ws: connectionParams may be Authorization as in HTTP", async () => {
  const connectionParams = async () => ({ Authorization: `Bearer ${key}` });
  const client = createClient({ url: guardedSocketUrl, connectionParams });
  assert.ok((await one(client, { query: CUSTOMER })).data);
  await client.dispose();
});

for (const [what, connectionParams] of [
  ["without credentials", undefined],
  ["with a key that is not known", { "x-api-key": "pk_nobody_knows_this_one" }],
]) {
  check(`graphql-ws: who comes ${what} is turned away for good`, async () => {
    const { code, reason } = await closing({ connectionParams });
    // Of those that this client takes for final; after 4403 it would come again.
    assert.equal(code, CloseCode.Unauthorized);
    assert.ok(reason.length > 3);
    assert.ok(!key || !reason.includes(key));
  });
}
