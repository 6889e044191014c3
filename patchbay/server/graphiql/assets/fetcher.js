// Queries and mutations go by POST, subscriptions over graphql-transport-ws at the same path. A browser cannot set
// headers on a WebSocket, so those of the headers editor travel in connection_init, one connection per set of headers.
"use strict";

function patchbayFetcher(graphqlPath) {
  const url = new URL(graphqlPath, window.location.href);
  const socketUrl = new URL(url);
  socketUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const fetchers = new Map();

  function fetcherFor(headers) {
    const key = JSON.stringify(headers);
    if (!fetchers.has(key)) {
      const wsClient = graphqlWs.createClient({ url: socketUrl.href, connectionParams: headers, lazy: true });
      fetchers.set(key, GraphiQL.createFetcher({ url: url.href, wsClient }));
    }
    return fetchers.get(key);
  }

  return (parameters, options) => fetcherFor(options?.headers ?? {})(parameters, options);
}
