// The audits of GraphQL over HTTP that come with graphql-http.
import { serverAudits } from "graphql-http";
import { check, url } from "./harness.mjs";

check("audits of GraphQL over HTTP", async () => {
  // One after the other: all of them at once are a crowd, which a server may turn away.
  const results = [];
  for (const audit of serverAudits({ url })) results.push(await audit.fn());
  return results.map(({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    answered: response ? `${response.status} ${response.headers.get("content-type")}` : null,
  }));
});
