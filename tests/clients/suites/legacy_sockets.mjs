// subscriptions-transport-ws: the client of the legacy graphql-ws, against a server that speaks it because it was told to.
import { SubscriptionClient } from "subscriptions-transport-ws";
import { WebSocket } from "ws";
import { SHIPMENTS, assert, check, emitted, guardedSocketUrl, key, socketUrl } from "./harness.mjs";

const CUSTOMER = 'query Customer($id: ID = "C1011") { customer(id: $id) { number email } }';
const CHANGE = 'mutation Change($email: String!) { changeCustomerEmail(id: "C1011", email: $email) { email } }';
const knownAs = { connectionParams: { "x-api-key": key } };

/** Run `body` with a client, and end it afterwards. */
async function using(options, body, url = guardedSocketUrl) {
  const client = new SubscriptionClient(url, options, WebSocket);
  try {
    return await body(client);
  } finally {
    client.close();
  }
}

/** All results of an operation that ends by itself. */
const all = (client, operation) => emitted(client.request(operation), () => false);

const is = (name) => (client) => new Promise((resolve) => client.on(name, resolve));
const connected = is("connected");
const reconnected = is("reconnected");

/** What the server says from now on, by type; `heard.until(type)` waits for one. */
function hearing({ client: socket }) {
  const heard = [];
  const until = (type) =>
    new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => JSON.parse(data).type === type && resolve(JSON.parse(data)));
    });
  socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(data).type));
  return { heard, until };
}

/** How the server ends a client: what it tells it first, and the code of its closing. */
const ending = (options, url) =>
  new Promise((resolve) => {
    let told;
    const client = new SubscriptionClient(url, { ...options, connectionCallback: (error) => (told = error) }, WebSocket);
    client.client.addEventListener("close", ({ code, reason }) => resolve({ code, reason, told }));
  });

check("subscriptions-transport-ws: a query and a mutation, each of which completes", () =>
  using(knownAs, async (client) => {
    const query = `${CUSTOMER} query Other { __typename }`;
    const [{ data }, ...more] = await all(client, { query, operationName: "Customer", variables: { id: "C1012" } });
    assert.deepEqual(more, []);
    assert.equal(data.customer.number, "C1012");
    const { data: before } = (await all(client, { query: CUSTOMER }))[0];
    const changed = await all(client, { query: CHANGE, variables: { email: before.customer.email } });
    assert.deepEqual(changed, [{ data: { changeCustomerEmail: { email: before.customer.email } } }]);
  }),
);

check("subscriptions-transport-ws: many operations share one socket, which is kept alive", () =>
  using(knownAs, async (client) => {
    const { heard } = hearing(client);
    const asked = Array.from({ length: 5 }, () => all(client, { query: CUSTOMER }));
    const watched = emitted(client.request({ query: SHIPMENTS }), (seen) => seen.length === 1);
    assert.equal((await Promise.all([...asked, watched])).length, 6);
    assert.deepEqual(heard.slice(0, 2), ["connection_ack", "ka"]);
    // It looks for them from the first one on.
    assert.ok(client.checkConnectionIntervalId);
  }),
);

check("subscriptions-transport-ws: a subscription goes on, and is completed when it is left", () =>
  using(knownAs, async (client) => {
    const { heard, until } = hearing(client);
    const completed = until("complete");
    const seen = await emitted(client.request({ query: SHIPMENTS }), (seen) => seen.length === 2);
    assert.notEqual(seen[0].data.shipmentUpdated.cursor, seen[1].data.shipmentUpdated.cursor);
    assert.equal((await completed).id, "1");
    heard.length = 0;
    assert.ok((await all(client, { query: CUSTOMER }))[0].data);
    assert.deepEqual(heard, ["data", "complete"]);
  }),
);

check("subscriptions-transport-ws: a lost connection is made again, and the subscription goes on", () =>
  using({ ...knownAs, reconnect: true, minTimeout: 5000 }, async (client) => {
    await connected(client);
    const again = reconnected(client);
    const first = client.client;
    const seen = await emitted(client.request({ query: SHIPMENTS }), (seen) => {
      if (seen.length === 1) first.terminate();
      return seen.length === 2;
    });
    await again;
    assert.notEqual(client.client, first);
    assert.ok(seen[1].data.shipmentUpdated.cursor);
  }),
);

for (const [what, operation, code] of [
  ["cannot be read", { query: "{" }, "GRAPHQL_PARSE_FAILED"],
  ["does not fit the schema", { query: "{ nothing never }" }, "GRAPHQL_VALIDATION_FAILED"],
  ["lacks a variable", { query: "query($id: ID!) { customer(id: $id) { name } }" }, "BAD_USER_INPUT"],
]) {
  check(`subscriptions-transport-ws: a document that ${what} is an error, and the socket stays`, () =>
    using(knownAs, async (client) => {
      const told = await all(client, operation).catch((error) => error);
      assert.equal(told.extensions?.code, code);
      assert.ok(told.message);
      const { client: socket } = client;
      assert.ok((await all(client, { query: CUSTOMER }))[0].data);
      assert.equal(client.client, socket);
    }),
  );
}

check("subscriptions-transport-ws: what goes wrong in an operation stands beside its data", () =>
  using(knownAs, async (client) => {
    const query = '{ customer(id: "C1011") { number } node(id: "nonsense") { id } }';
    const [{ data, errors }] = await all(client, { query });
    assert.deepEqual(data, { customer: { number: "C1011" }, node: null });
    assert.deepEqual(errors.map(({ path, extensions }) => [path, extensions.code]), [[["node"], "BAD_USER_INPUT"]]);
  }),
);

check("subscriptions-transport-ws: connectionParams may be Authorization as in HTTP", () =>
  using({ connectionParams: async () => ({ Authorization: `Bearer ${key}` }) }, async (client) => {
    assert.ok((await all(client, { query: CUSTOMER }))[0].data);
  }),
);

for (const [what, connectionParams] of [
  ["without credentials", undefined],
  ["with a key that is not known", { "x-api-key": "pk_nobody_knows_this_one" }],
]) {
  check(`subscriptions-transport-ws: who comes ${what} is told why, and closed`, async () => {
    const { code, reason, told } = await ending({ connectionParams }, guardedSocketUrl);
    assert.equal(code, 4401);
    assert.ok(reason.length > 3);
    assert.deepEqual(told, { message: reason });
  });
}

check("subscriptions-transport-ws: a server that was not told to does not speak with it", async () => {
  const { code, told } = await ending({}, socketUrl);
  // Its close frame says 4406, which a client does not look at when no subprotocol was agreed on.
  assert.equal(code, 1006);
  assert.equal(told, undefined);
});
