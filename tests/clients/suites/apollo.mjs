// Apollo Client 4.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { apollo } from "./docs/apollo.js";
import { persisted } from "./docs/apollo-persisted.js";
import { SHIPMENTS, assert, check, emitted, guardedUrl, key, noting, url } from "./harness.mjs";

const CUSTOMER = gql`query Customer($id: ID!) { customer(id: $id) { id number email } }`;
const CHANGE = gql`
  mutation Change($id: ID!, $email: String!) { changeCustomerEmail(id: $id, email: $email) { id email } }
`;
const DEFERRED = gql`
  query Deferred { customer(id: "C1013") { id name ... @defer(label: "money") { balance { cents currency } } } }
`;

/** A client of its own, whose requests are noted. */
function noted(options = {}, links = []) {
  const requests = [];
  const link = ApolloLink.from([...links, new HttpLink({ uri: url, fetch: noting(requests), ...options.http })]);
  const client = new ApolloClient({ link, cache: new InMemoryCache(), ...options.client });
  return { client, requests };
}

check("Apollo Client: a query", async () => {
  const { data } = await apollo.query({ query: CUSTOMER, variables: { id: "C1013" } });
  assert.equal(data.customer.number, "C1013");
});

check("Apollo Client: it is answered with the media type that it likes best", async () => {
  const { client, requests } = noted();
  await client.query({ query: CUSTOMER, variables: { id: "C1013" } });
  const type = requests[0].response.headers.get("content-type");
  assert.match(type, /^application\/graphql-response\+json/);
});

check("Apollo Client: an object is kept once, by its id, and a mutation changes it everywhere", async () => {
  const { client } = noted();
  const variables = { id: "C1014" };
  const watched = client.watchQuery({ query: CUSTOMER, variables });
  const before = (await client.query({ query: CUSTOMER, variables })).data.customer;
  const seen = emitted(watched, (all) => all.at(-1).data?.customer?.email === "apollo@example.com");
  await client.mutate({ mutation: CHANGE, variables: { ...variables, email: "apollo@example.com" } });
  await seen;
  await client.mutate({ mutation: CHANGE, variables: { ...variables, email: before.email } });
  const kept = client.cache.extract();
  assert.equal(kept[`Customer:${before.id}`].email, before.email);
  assert.equal(Object.keys(kept).filter((name) => name.startsWith("Customer:")).length, 1);
});

check("Apollo Client: the same object by another way is the same in the cache", async () => {
  const { client } = noted();
  const { data } = await client.query({ query: CUSTOMER, variables: { id: "C1013" } });
  const query = gql`query Node($id: ID!) { node(id: $id) { id ... on Customer { name } } }`;
  await client.query({ query, variables: { id: data.customer.id } });
  const kept = client.cache.extract()[`Customer:${data.customer.id}`];
  assert.deepEqual([kept.number, typeof kept.name], ["C1013", "string"]);
});

check("Apollo Client: pages are joined", async () => {
  const typePolicies = { Query: { fields: { orders: relayStylePagination() } } };
  const { client } = noted({ client: { cache: new InMemoryCache({ typePolicies }) } });
  const query = gql`
    query Orders($first: Int!, $after: String) {
      orders(first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { cursor node { id number } } }
    }
  `;
  const watched = client.watchQuery({ query, variables: { first: 3 } });
  const seen = emitted(watched, (all) => all.at(-1).data?.orders.edges.length === 6);
  const { data } = await client.query({ query, variables: { first: 3 } });
  await watched.fetchMore({ variables: { after: data.orders.pageInfo.endCursor } });
  const numbers = (await seen).at(-1).data.orders.edges.map(({ node }) => node.number);
  assert.equal(new Set(numbers).size, 6);
});

check("Apollo Client: a subscription over graphql-ws", async () => {
  const seen = await emitted(apollo.subscribe({ query: gql(SHIPMENTS) }), (all) => all.length === 2);
  for (const { data } of seen) assert.ok(data.shipmentUpdated.node.status);
});

check("Apollo Client: a subscription over multipart HTTP", async () => {
  const { client, requests } = noted();
  const seen = await emitted(client.subscribe({ query: gql(SHIPMENTS) }), (all) => all.length === 2);
  for (const { data, error } of seen) {
    assert.equal(error, undefined);
    assert.ok(data.shipmentUpdated.node.status);
  }
  assert.match(requests[0].response.headers.get("content-type"), /^multipart\/mixed/);
});

check("Apollo Client: what is wrong with a multipart subscription is told", async () => {
  const { client } = noted();
  const query = gql`subscription { shipmentUpdated(orderId: "nonsense") { cursor } }`;
  const [{ error }] = await emitted(client.subscribe({ query }), (all) => all.length === 1);
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  assert.equal(error.errors[0].extensions.code, "BAD_USER_INPUT");
});

for (const [name, handler] of Object.entries({ GraphQL17Alpha9Handler, Defer20220824Handler })) {
  check(`Apollo Client: @defer by multipart, with ${name}`, async () => {
    const { client, requests } = noted({ client: { incrementalHandler: new handler() } });
    const seen = await emitted(
      client.watchQuery({ query: DEFERRED }),
      (all) => all.at(-1).dataState === "complete" || all.at(-1).error,
    );
    const { data, error } = seen.at(-1);
    assert.equal(error && String(error), undefined);
    assert.equal(typeof data.customer.balance.cents, "number");
    assert.ok(seen.some((each) => each.dataState === "streaming" && each.data.customer.balance === undefined));
    assert.match(requests[0].response.headers.get("content-type"), /^multipart\/mixed/);
  });
}

check("Apollo Client: a mutation may defer", async () => {
  const { client } = noted({ client: { incrementalHandler: new GraphQL17Alpha9Handler() } });
  const { data } = await client.query({ query: CUSTOMER, variables: { id: "C1015" } });
  const mutation = gql`
    mutation Change($email: String!) {
      changeCustomerEmail(id: "C1015", email: $email) { id email ... @defer { balance { cents } } }
    }
  `;
  const changed = await client.mutate({ mutation, variables: { email: data.customer.email } });
  assert.equal(typeof changed.data.changeCustomerEmail.balance.cents, "number");
});

check("Apollo Client: automatic persisted queries, by POST", async () => {
  const { data } = await persisted.query({ query: CUSTOMER, variables: { id: "C1013" } });
  assert.equal(data.customer.number, "C1013");
});

for (const useGETForHashedQueries of [false, true]) {
  const how = useGETForHashedQueries ? "GET" : "POST";
  check(`Apollo Client: a text is sent once, and its hash by ${how} from then on`, async () => {
    const sha256 = async (text) => (await import("node:crypto")).createHash("sha256").update(text).digest("hex");
    const link = new PersistedQueryLink({ sha256, useGETForHashedQueries });
    const { client, requests } = noted({}, [link]);
    // A text that nobody has sent before.
    const query = gql`query Persisted { ${`a${Date.now()}${how}`}: __typename customer(id: "C1013") { id number } }`;
    const options = { query, fetchPolicy: "network-only" };
    const first = await client.query(options);
    const second = await client.query(options);
    assert.deepEqual(second.data, first.data);
    const withText = requests.filter(({ body }) => body && JSON.parse(body).query);
    assert.equal(requests.length, 3);
    assert.equal(withText.length, 1);
    assert.equal(requests[2].method, how);
    assert.equal(requests[2].response.status, 200);
  });
}

check("Apollo Client: an error names its code and leaves the rest of the data", async () => {
  const query = gql`query { customer(id: "C1013") { id } node(id: "nonsense") { id } }`;
  const { data, error } = await apollo.query({ query, errorPolicy: "all" });
  assert.ok(CombinedGraphQLErrors.is(error));
  assert.equal(error.errors[0].extensions.code, "BAD_USER_INPUT");
  assert.equal(data.node, null);
  assert.ok(data.customer.id);
});

check("Apollo Client: a document that does not fit the schema is told as GraphQL errors", async () => {
  const error = await apollo.query({ query: gql`{ nothing }` }).catch((reason) => reason);
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  assert.equal(error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

check("Apollo Client: a key says who asks", async () => {
  const variables = { id: "C1013" };
  const known = noted({ http: { uri: guardedUrl, headers: { "X-Api-Key": key } } });
  assert.ok((await known.client.query({ query: CUSTOMER, variables })).data.customer);
  const unknown = noted({ http: { uri: guardedUrl } });
  const error = await unknown.client.query({ query: CUSTOMER, variables }).catch((reason) => reason);
  assert.equal(unknown.requests[0].response.status, 401);
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
});
