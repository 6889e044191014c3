// Puts GraphiQL on the page, with the settings that the server wrote into the element #settings.
"use strict";

(() => {
  const { createElement } = React;
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const examples = patchbayExamples(settings.examples);

  const mark = createElement(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true" },
    createElement("rect", { width: 32, height: 32, rx: 7, fill: "#2b3a5e" }),
    createElement("path", { d: "M8 10c0 12 16 0 16 12", fill: "none", stroke: "#f2a33a", strokeWidth: 3 }),
    createElement("circle", { cx: 8, cy: 9, r: 3.4, fill: "#fff" }),
    createElement("circle", { cx: 24, cy: 23, r: 3.4, fill: "#fff" }),
  );
  const logo = createElement(
    GraphiQL.Logo,
    null,
    createElement("span", { className: "patchbay-logo" }, mark, settings.title),
  );

  const page = createElement(
    GraphiQL,
    {
      fetcher: patchbayFetcher(settings.graphqlPath),
      plugins: [GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false }), examples.plugin],
      defaultTabs: examples.tabs.length > 0 ? examples.tabs : undefined,
      storage: patchbayStorage("patchbay:"),
      isHeadersEditorEnabled: true,
    },
    logo,
  );
  ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
})();
