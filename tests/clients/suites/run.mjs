// node run.mjs suite ...: prints, as one JSON object, what came of each check of each suite.
import { WebSocket } from "ws";
import { begin, run } from "./harness.mjs";

// Browsers and newer versions of Node have it.
globalThis.WebSocket ??= WebSocket;

const stray = [];
process.on("unhandledRejection", (error) => stray.push(String(error?.stack ?? error)));

const broken = {};
for (const suite of process.argv.slice(2)) {
  try {
    begin(suite);
    await import(`./${suite}.mjs`);
  } catch (error) {
    broken[suite] = String(error?.stack ?? error);
  }
}
const outcomes = await run();
process.stdout.write(JSON.stringify({ outcomes, broken, stray }), () => process.exit(0));
