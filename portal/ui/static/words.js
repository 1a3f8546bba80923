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
  const sized = /^(\d+(?:\.\d+)?\s?[KMG]B) per file(.*)$/;

  function worded(text) {
    const plain = text.trim();
    if (words.has(plain)) return text.replace(plain, words.get(plain));
    const match = sized.exec(plain);
    return match ? (words.get("per file") || "{size}").replace("{size}", match[1]) + match[2] : null;
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
