// What the suites share: `check` names one thing that a client does with the server, and `run` does all of them at once.
import assert from "node:assert/strict";

export { assert };

/** Where GraphQL is served, and the same for sockets; of a server that knows its clients, with a key to it, of one that
 * runs trusted documents alone, and of one that takes files. */
export const {
  GRAPH_URL: url,
  GRAPH_SOCKET_URL: socketUrl,
  GUARDED_URL: guardedUrl,
  GUARDED_SOCKET_URL: guardedSocketUrl,
  GUARDED_KEY: key,
  TRUSTED_URL: trustedUrl,
  UPLOADS_URL: uploadsUrl,
} = process.env;

export const SHIPMENTS = "subscription { shipmentUpdated { cursor node { id number status } } }";

const SECONDS = 8;
// Of all checks. Where a server answers nothing at all, the rest of them is not tried.
const ALL_SECONDS = 35;
// A server takes eight operations at once from whoever comes; more, only when it is not late.
const AT_ONCE = 6;
const checks = [];
let suite;

/** What is checked from now on belongs to this suite. */
export function begin(name) {
  suite = name;
}

/** Something that has to hold. `body` throws or rejects where it does not; what it returns is reported. */
export function check(name, body) {
  checks.push({ suite, name, body });
}

/** What came of each check: {suite: {name: {ok, told}}}, where `told` is what it returned, or what went wrong. */
export async function run() {
  const outcomes = {};
  const end = performance.now() / 1000 + ALL_SECONDS;
  const waiting = checks.values();
  const worker = async () => {
    for (const { suite, name, body } of waiting) {
      const told = (outcomes[suite] ??= {});
      const left = end - performance.now() / 1000;
      try {
        told[name] = { ok: true, told: (await within(body(), Math.min(SECONDS, left))) ?? null };
      } catch (error) {
        told[name] = { ok: false, told: described(error) };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}

/** A promise that has to be kept within so many seconds. */
export async function within(promise, seconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first results of anything that can be iterated; it is ended then. */
export async function some(results, count) {
  const seen = [];
  for await (const result of results) {
    seen.push(result);
    if (seen.length === count) break;
  }
  return seen;
}

/** What an observable emits: `until` is asked of all that has come, and ends it. */
export function emitted(observable, until) {
  return new Promise((resolve, reject) => {
    const seen = [];
    let subscription;
    const end = () => queueMicrotask(() => (subscription.unsubscribe(), resolve(seen)));
    subscription = observable.subscribe({
      next: (value) => {
        seen.push(value);
        if (until(seen)) end();
      },
      error: reject,
      complete: () => resolve(seen),
    });
  });
}

/** A `fetch` that notes each request as {method, url, headers, body, response}. */
export function noting(requests, fetch = globalThis.fetch) {
  return async (input, init = {}) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    const request = { method: init.method ?? "GET", url: String(input), headers, body: init.body };
    requests.push(request);
    request.response = await fetch(input, init);
    return request.response;
  };
}

function described(error) {
  const inner = error?.errors ?? error?.graphQLErrors ?? (Array.isArray(error) ? error : undefined);
  // What a socket says of itself is an event, whose members do not show in JSON.
  const { type, code, reason, message } = error ?? {};
  const event = JSON.stringify({ type, code, reason, message });
  const text = error instanceof Error ? (error.stack ?? error.message) : `${JSON.stringify(error)} ${event}`;
  return inner ? `${text}\n${JSON.stringify(inner)}` : text;
}
