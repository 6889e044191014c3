// Relay: what its compiler makes of the schema and the documents, run by its runtime.
import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getFragment,
  getRequest,
  getSelector,
  getSingularSelector,
  requestSubscription,
} from "relay-runtime";
import { environment } from "./docs/relay.js";
import query from "./artifacts/documentsCustomerQuery.graphql.js";
import page from "./artifacts/documentsOrdersPageQuery.graphql.js";
import orders from "./artifacts/documentsOrders.graphql.js";
import change from "./artifacts/documentsChangeMutation.graphql.js";
import shipments from "./artifacts/documentsShipmentsSubscription.graphql.js";
import { assert, check } from "./harness.mjs";

const variables = { id: "C1010", first: 2 };
const paged = { id: "C1007", first: 3 };

/** What the store has of a query. */
const stored = (document, values) =>
  environment.lookup(createOperationDescriptor(getRequest(document), values).fragment).data;

check("Relay: a query fills the store, and fragments read from it", async () => {
  const { customer } = await fetchQuery(environment, query, variables).toPromise();
  assert.equal(customer.number, "C1010");
  const fragment = getSelector(getFragment(orders), customer);
  const { data, isMissingData } = environment.lookup(fragment);
  assert.ok(!isMissingData);
  assert.equal(data.orders.edges.length, 2);
});

check("Relay: a fragment is refetched through node, and its connection grows by a page", async () => {
  const retained = environment.retain(createOperationDescriptor(getRequest(query), paged));
  const { customer } = await fetchQuery(environment, query, paged).toPromise();
  const selector = getSingularSelector(getFragment(orders), customer);
  const before = environment.lookup(selector).data.orders;
  const { endCursor, hasNextPage } = before.pageInfo;
  assert.ok(hasNextPage);
  await fetchQuery(environment, page, { id: customer.id, first: 3, after: endCursor }).toPromise();
  const after = environment.lookup(selector).data.orders;
  const numbers = after.edges.map((edge) => edge.node.number);
  assert.deepEqual(numbers.slice(0, before.edges.length), before.edges.map((edge) => edge.node.number));
  assert.equal(new Set(numbers).size, before.edges.length + 3);
  retained.dispose();
});

check("Relay: a mutation changes the object of this id in the store", async () => {
  const values = { id: "C1017", first: 1 };
  const { customer } = await fetchQuery(environment, query, values).toPromise();
  const changed = (email) =>
    new Promise((resolve, reject) => {
      const onCompleted = (_, errors) => (errors ? reject(errors) : resolve(stored(query, values).customer.email));
      commitMutation(environment, { mutation: change, variables: { id: "C1017", email }, onCompleted, onError: reject });
    });
  assert.equal(await changed("relay@example.com"), "relay@example.com");
  assert.equal(await changed(customer.email), customer.email);
});

check("Relay: a subscription", async () => {
  const update = await new Promise((resolve, reject) => {
    const subscription = requestSubscription(environment, {
      subscription: shipments,
      variables: {},
      onNext: (data) => queueMicrotask(() => (subscription.dispose(), resolve(data))),
      onError: reject,
    });
  });
  assert.ok(update.shipmentUpdated.node.status);
});

check("Relay: a query that is refused rejects with the server's message", async () => {
  const error = await fetchQuery(environment, query, { first: 1 }).toPromise().catch((reason) => reason);
  assert.ok(error instanceof Error, JSON.stringify(error));
  assert.match(error.message, /\$id/);
});

check("Relay: what went wrong beside the data leaves the data", async () => {
  const data = await fetchQuery(environment, page, { id: "nonsense", first: 1 }).toPromise();
  assert.deepEqual(data, { node: null });
});
