// Files, as clients send them: urql by itself, Apollo Client by its own link of the form, and a form made by hand.
import { ApolloClient, ApolloLink, InMemoryCache, Observable, gql } from "@apollo/client";
import { Client, fetchExchange } from "@urql/core";
import { assert, check, noting, uploadsUrl } from "./harness.mjs";

const DESCRIBE = "mutation Describe($file: Upload!) { describe(file: $file) { name type size } }";
const SEVERAL = "mutation Several($files: [Upload]!) { describeAll(files: $files) { name size } }";
const content = new Uint8Array(200_000).map((_, index) => index);
const file = () => new File([content], "größe 東京.bin", { type: "image/png" });
const told = { name: "größe 東京.bin", type: "image/png", size: content.length };

/** A form as apollo-upload-client makes it. */
function formOf(operation, places, files) {
  const form = new FormData();
  form.append("operations", JSON.stringify(operation));
  form.append("map", JSON.stringify(places));
  files.forEach((each, index) => form.append(String(index), each));
  return form;
}

check("uploads: urql sends a file that stands in its variables", async () => {
  const requests = [];
  const client = new Client({ url: uploadsUrl, exchanges: [fetchExchange], fetch: noting(requests), preferGetMethod: false });
  const { data, error } = await client.mutation(DESCRIBE, { file: file() });
  assert.equal(error, undefined);
  assert.deepEqual({ ...data.describe, __typename: undefined }, { ...told, __typename: undefined });
  assert.ok(requests[0].body instanceof FormData);
});

check("uploads: urql sends several", async () => {
  const client = new Client({ url: uploadsUrl, exchanges: [fetchExchange], preferGetMethod: false });
  const { data, error } = await client.mutation(SEVERAL, { files: [file(), null, new File([], "empty")] });
  assert.equal(error, undefined);
  assert.deepEqual(data.describeAll.map((each) => each && each.size), [content.length, null, 0]);
});

check("uploads: Apollo Client, with a link that sends forms", async () => {
  const link = new ApolloLink(({ query, variables, operationName }) => new Observable((observer) => {
    const operation = { operationName, query: query.loc.source.body, variables: { ...variables, file: null } };
    const body = formOf(operation, { 0: ["variables.file"] }, [variables.file]);
    const headers = { accept: "application/graphql-response+json,application/json;q=0.9", "apollo-require-preflight": "true" };
    fetch(uploadsUrl, { method: "POST", body, headers })
      .then((response) => response.json())
      .then((result) => (observer.next(result), observer.complete()), (error) => observer.error(error));
  }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.mutate({ mutation: gql(DESCRIBE), variables: { file: file() } });
  assert.deepEqual({ ...data.describe, __typename: undefined }, { ...told, __typename: undefined });
});

check("uploads: one file for two places, by hand", async () => {
  const operation = { query: SEVERAL, variables: { files: [null, null] } };
  const body = formOf(operation, { 0: ["variables.files.0", "variables.files.1"] }, [file()]);
  const response = await fetch(uploadsUrl, { method: "POST", body });
  const { data } = await response.json();
  assert.deepEqual(data.describeAll, [{ name: told.name, size: told.size }, { name: told.name, size: told.size }]);
});

check("uploads: a request over the cap is answered, and not cut off", async () => {
  const operation = { query: DESCRIBE, variables: { file: null } };
  const body = formOf(operation, { 0: ["variables.file"] }, [new Blob([new Uint8Array(12_000_000)])]);
  const response = await fetch(uploadsUrl, { method: "POST", body });
  assert.equal(response.status, 413);
  assert.equal((await response.json()).errors[0].extensions.code, "PAYLOAD_TOO_LARGE");
});

check("uploads: what a foreign page could send is refused", async () => {
  const operation = { query: DESCRIBE, variables: { file: null } };
  const body = formOf(operation, { 0: ["variables.file"] }, [file()]);
  const headers = { "sec-fetch-site": "cross-site", "user-agent": "Mozilla/5.0" };
  const response = await fetch(uploadsUrl, { method: "POST", body, headers });
  assert.equal(response.status, 403);
});
