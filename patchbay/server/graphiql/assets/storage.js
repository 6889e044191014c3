// GraphiQL keeps tabs, panes and theme in localStorage. Its keys get a prefix here, so that another GraphiQL
// that was once served from the same host and port does not lend this page its tabs.
"use strict";

function patchbayStorage(prefix) {
  const ownKeys = () => Object.keys(window.localStorage).filter((key) => key.startsWith(prefix));
  return {
    get length() {
      return ownKeys().length;
    },
    getItem: (key) => window.localStorage.getItem(prefix + key),
    setItem: (key, value) => window.localStorage.setItem(prefix + key, value),
    removeItem: (key) => window.localStorage.removeItem(prefix + key),
    clear: () => ownKeys().forEach((key) => window.localStorage.removeItem(key)),
  };
}
