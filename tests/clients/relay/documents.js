// What a front end with Relay has in its components; relay-compiler makes the artifacts from it.
import { graphql } from "relay-runtime";

export const query = graphql`
  query documentsCustomerQuery($id: ID!, $first: Int!) {
    customer(id: $id) {
      id
      number
      email
      ...documentsOrders @arguments(first: $first)
    }
  }
`;

export const orders = graphql`
  fragment documentsOrders on Customer
  @refetchable(queryName: "documentsOrdersPageQuery")
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" }) {
    orders(first: $first, after: $after) @connection(key: "documents_orders") {
      totalCount
      edges {
        node {
          id
          number
        }
      }
    }
  }
`;

export const change = graphql`
  mutation documentsChangeMutation($id: ID!, $email: String!) {
    changeCustomerEmail(id: $id, email: $email) {
      id
      email
    }
  }
`;

export const shipments = graphql`
  subscription documentsShipmentsSubscription {
    shipmentUpdated {
      cursor
      node {
        id
        status
      }
    }
  }
`;
