// A pane that lists the examples by name. A click goes to the example's tab, or opens one where it was closed or edited.
"use strict";

function patchbayExamples(examples) {
  const { createElement, useEffect, useState } = React;
  const { useEditorContext } = GraphiQL.React;

  const variablesText = (example) => (example.variables ? JSON.stringify(example.variables, null, 2) : "");

  function Pane() {
    const editor = useEditorContext({ nonNull: true });
    const [waiting, setWaiting] = useState(null);

    // The editors take a new tab's (empty) text on first, and the example's after that.
    useEffect(() => {
      if (waiting && editor.tabs.length > waiting.tabs) {
        editor.queryEditor?.setValue(waiting.example.query);
        editor.variableEditor?.setValue(variablesText(waiting.example));
        setWaiting(null);
      }
    }, [editor, waiting]);

    function open(example) {
      const index = editor.tabs.findIndex((tab) => tab.query === example.query);
      if (index >= 0) {
        editor.changeTab(index);
      } else {
        setWaiting({ example, tabs: editor.tabs.length });
        editor.addTab();
      }
    }

    const rows = examples.map((example) =>
      createElement(
        "li",
        { key: example.name },
        createElement("button", { type: "button", onClick: () => open(example) }, example.name),
      ),
    );
    return createElement(
      "section",
      { className: "patchbay-examples", "aria-label": "Examples" },
      createElement("div", { className: "graphiql-doc-explorer-title" }, "Examples"),
      createElement("ol", null, rows),
    );
  }

  function Icon() {
    const line = (y) => createElement("path", { key: y, d: `M4 ${y}h12` });
    return createElement(
      "svg",
      { viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", strokeWidth: 1.6, strokeLinecap: "round" },
      [5, 10, 15].map(line),
    );
  }

  return {
    plugin: { title: "Examples", icon: Icon, content: Pane },
    tabs: examples.map((example) => ({ query: example.query, variables: variablesText(example) })),
  };
}
