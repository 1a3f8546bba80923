// Words the parts of Streamlit that have no setting for it. Only known phrases of the front end are
// replaced; inputs and texts of the portal's own are never touched.
(function () {
  "use strict";
  const holder = document.getElementById("anbiao-words");
  if (!holder) return;
  const texts = JSON.parse(holder.textContent);
  const words = new Map();
  for (const key of Object.keys(texts)) {
    const [english, local] = texts[key].split("=>");
    words.set(english.trim(), local.trim());
  }
  // phrases that hold a part of their own: a size, the name of a field
  const patterns = [
    [/^(\d+(?:\.\d+)?\s?[KMG]B) per file(.*)$/, "per file"],
    [/^Help for (.+)()$/, "Help for"],
    [/^Remove (.+)()$/, "Remove"],
    [/^File must be (.+?) or smaller\.?()$/, "File must be"],
  ];

  function worded(text) {
    const plain = text.trim();
    if (words.has(plain)) return text.replace(plain, words.get(plain));
    for (const [pattern, key] of patterns) {
      const match = pattern.exec(plain);
      if (match && words.has(key)) return words.get(key).replace("{part}", match[1]) + match[2];
    }
    return null;
  }

  function attributes(element) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      const value = element.getAttribute(name);
      const local = value ? worded(value) : null;
      if (local && local !== value) element.setAttribute(name, local);
    }
  }

  function visit(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      const parent = node.parentElement;
      if (!parent || parent.closest("[data-testid=stMarkdown], script, style, textarea")) return;
      const local = worded(node.nodeValue);
      if (local && local !== node.nodeValue) node.nodeValue = local;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      attributes(node);
      node.querySelectorAll("*").forEach(attributes);
      const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) visit(walker.currentNode);
    }
  }

  new MutationObserver(function (changes) {
    for (const change of changes) {
      if (change.type === "characterData") visit(change.target);
      else if (change.type === "attributes") attributes(change.target);
      else change.addedNodes.forEach(visit);
    }
  }).observe(document.documentElement, {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ["aria-label", "title", "placeholder"],
  });
})();
