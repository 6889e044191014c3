// Uses the GraphiQL page as a person would, in a real Chromium that can reach no host but 127.0.0.1.
//
//   node graphiql.mjs URL SCREENSHOT EXPECTED_TEXT
//
// URL is the page; EXPECTED_TEXT must show up in the result of the first example; SCREENSHOT is the PNG to write.
// Prints one JSON report on stdout. A step that fails is named in the report's `failure`; the rest is filled as far
// as it went.
import { mkdtemp, rm } from "node:fs/promises";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { chromium } from "playwright-core";

const [url, screenshot, expectedText] = process.argv.slice(2);
const EDITOR = ".graphiql-query-editor .CodeMirror";
const STEP_MILLISECONDS = 15_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

const report = {
  requests: [],
  sockets: [],
  badAnswers: [],
  consoleMessages: [],
  pageErrors: [],
  tabs: [],
  activeTab: null,
  result: null,
  docs: null,
  explorer: null,
  examples: null,
  event: null,
  failure: null,
};

function findChromium() {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)];
  for (const path of folders.map((folder) => join(folder, "chromium"))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: look in the next folder.
    }
  }
  throw new Error("chromium was not found");
}

function record(page) {
  page.on("request", (request) => report.requests.push(request.url()));
  page.on("websocket", (socket) => report.sockets.push(socket.url()));
  page.on("pageerror", (error) => report.pageErrors.push(String(error)));
  page.on("response", (response) => {
    if (response.status() >= 400) report.badAnswers.push(`${response.status()} ${response.url()}`);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) report.consoleMessages.push(message.text());
  });
}

// The editors are CodeMirror: the text is taken from the editor itself, as it draws only the lines in view.
const resultText = (page) =>
  page.evaluate(() => document.querySelector(".result-window .CodeMirror")?.CodeMirror.getValue() ?? "");

async function waitForResult(page, holds) {
  const end = Date.now() + STEP_MILLISECONDS;
  for (;;) {
    const text = await resultText(page);
    if (holds(text)) return text;
    if (Date.now() > end) throw new Error(`the result stayed: ${text}`);
    await page.waitForTimeout(50);
  }
}

async function runFirstExample(page) {
  await page.goto(url);
  await page.waitForSelector(EDITOR);
  report.tabs = await page.locator(".graphiql-tab-button").allInnerTexts();
  report.activeTab = await page.locator(".graphiql-tab-active .graphiql-tab-button").innerText();
  await page.locator(".graphiql-execute-button").click();
  report.result = await waitForResult(page, (text) => text.includes(expectedText));
}

async function openPanes(page) {
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  const docs = page.locator(".graphiql-doc-explorer");
  await docs.getByText("Query", { exact: true }).first().waitFor();
  report.docs = await docs.innerText();

  await page.getByRole("button", { name: "Show Examples" }).click();
  report.examples = await page.locator(".patchbay-examples button").allInnerTexts();

  await page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
  const explorer = page.locator(".docExplorerWrap");
  await explorer.locator(".graphiql-explorer-node").first().waitFor();
  report.explorer = await explorer.innerText();
  await page.screenshot({ path: screenshot });
}

async function runSubscription(page) {
  const count = await page.locator(".graphiql-tab-button").count();
  for (let index = 0; index < count; index += 1) {
    await page.locator(".graphiql-tab-button").nth(index).click();
    const query = await page.evaluate((queryEditor) => document.querySelector(queryEditor).CodeMirror.getValue(), EDITOR);
    const [, name] = /^subscription\s+(\w+)/m.exec(query) ?? [];
    if (name) {
      // GraphiQL reads the operation's name a moment after the tab has changed, and sends the old one until then.
      await page.waitForFunction(
        ([queryEditor, expected]) => document.querySelector(queryEditor).CodeMirror.operationName === expected,
        [EDITOR, name],
      );
      await page.locator(".graphiql-execute-button").click();
      report.event = await waitForResult(page, (text) => text.includes('"data"'));
      await page.locator(".graphiql-execute-button").click(); // The same button stops it.
      return;
    }
  }
  throw new Error("no tab holds a named subscription");
}

const profile = await mkdtemp(join(tmpdir(), "graphiql-"));
let context;
try {
  context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: FLAGS,
    viewport: { width: 1440, height: 860 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(STEP_MILLISECONDS);
  record(page);
  for (const step of [runFirstExample, openPanes, runSubscription]) {
    try {
      await step(page);
    } catch (error) {
      report.failure = `${step.name}: ${error.message}`;
      await page.screenshot({ path: screenshot });
      break;
    }
  }
} catch (error) {
  report.failure = String(error);
} finally {
  await context?.close();
  await rm(profile, { recursive: true, force: true });
}
console.log(JSON.stringify(report, null, 2));
