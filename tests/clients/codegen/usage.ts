// A typed front end: tsc compiles it against the types that graphql-codegen has made. Each @ts-expect-error is a mistake
// that the types have to notice.
import { apollo } from "../docs/apollo.js";
import { graphql, useFragment } from "./gql/index.js";

const Line = graphql(`
  fragment Line on OrderItem { quantity unitPrice { cents currency } product { name stock { onHand } } }
`);

const Customer = graphql(`
  query TypedCustomer($id: ID!, $first: Int) {
    customer(id: $id) {
      number
      balance { cents }
      orders(first: $first) { edges { node { number placedAt items { ...Line } } } }
    }
  }
`);

const Payments = graphql(`
  query TypedPayments($where: PaymentFilter, $orderBy: [PaymentOrder!]) {
    payments(where: $where, orderBy: $orderBy) { totalCount edges { node { status capturedAt } } }
  }
`);

const Change = graphql(`
  mutation TypedChange($email: String!) { changeCustomerEmail(id: "C1018", email: $email) { email } }
`);

export async function report(): Promise<string> {
  const { data } = await apollo.query({ query: Customer, variables: { id: "C1018", first: 2 } });
  const cents: number | undefined = data?.customer?.balance?.cents;
  // @ts-expect-error: a number is no text
  const text: string = data!.customer!.balance!.cents;
  // @ts-expect-error: it was not asked for
  const missing = data!.customer!.email;
  const lines = data?.customer?.orders?.edges.flatMap(({ node }) => node.items.map((item) => useFragment(Line, item)));
  // @ts-expect-error: an edge may be null
  const stock: number = lines![0]!.product.stock.onHand;
  return `${cents} ${text} ${missing} ${stock} ${lines?.length}`;
}

export async function captured(): Promise<number | undefined> {
  const where = { status: { eq: "captured" }, capturedAt: { gte: "2026-01-01T00:00:00Z" } };
  const { data } = await apollo.query({ query: Payments, variables: { where } });
  // @ts-expect-error: there is no such criterion
  await apollo.query({ query: Payments, variables: { where: { colour: { eq: "red" } } } });
  // @ts-expect-error: the variable is needed
  await apollo.mutate({ mutation: Change });
  return data?.payments?.totalCount;
}
