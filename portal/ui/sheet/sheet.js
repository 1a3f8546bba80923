// The sheet: list, head, keyboard, and the entry called with every new data. Part of one program, see answers.js.

// ---------------------------------------------------------------- the sheet

class Sheet {
  constructor(component, { content, texts }, id) {
    this.id = id;
    this.content = content;
    this.root = component.parentElement;
    this.component = component;
    this.client = uniqueName();
    this.t = (key, values = {}) =>
      (texts[`sheet.${key}`] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    this.readonly = Boolean(content.readonly);
    this.rev = null;
    this.live = { elements: {}, total: null, saved_at: null };
    this.rows = new Map(content.items.map((item) => [item.id, newRow(item)]));
    this.drafts = new Drafts(content.store, this.client);
    this.outbox = new Outbox(this);
    this.filter = "all";
    this.current = null;
    this.ended = new AbortController();
    this.#draw();
    this.#listen();
    for (const draft of this.readonly ? [] : this.drafts.leftBehind()) this.#resume(draft);
    this.#select(this.#rememberedElement());
  }

  part(role) {
    return this.root.querySelector(`[data-role=${role}]`);
  }

  get isWide() {
    return this.frame.clientWidth >= WIDE;
  }

  // -- answers

  reference(id) {
    return this.content.reference?.[id] ?? null;
  }

  /** Own points of an item: the server's figure, or the local one while an edit is on its way. */
  earnedOf({ item, answer, edit, server }) {
    const local = earned(item, answer);
    return edit || local === null ? local : parse(server.earned) ?? local;
  }

  /** In a review: whether the reviewer's judgement is another than the self-score. */
  differs(row) {
    const own = this.reference(row.item.id);
    if (!own || answerState(row.answer) === "open") return false;
    if (isNotApplicable(row.answer) || own.not_applicable) return isNotApplicable(row.answer) !== own.not_applicable;
    return this.earnedOf(row) !== parse(own.earned);
  }

  change(row, answer, typing) {
    if (canonical(answer) === canonical(row.answer)) return;
    row.answer = tidy(answer);
    this.outbox.put(row, typing);
    this.refresh(row);
  }

  keepMine(row) {
    Object.assign(row.edit, { seen: row.edit.conflict.version, conflict: null, sent: [] });
    this.outbox.put(row, false);
    this.refresh(row);
  }

  takeTheirs(row) {
    const { conflict } = row.edit;
    const taken = conflict && conflict.version > row.server.version ? conflict : row.server;
    this.outbox.settle(row);
    Object.assign(row, { answer: tidy(taken.answer), seen: taken.version });
    this.refresh(row);
    this.outbox.pump();
  }

  refresh(row) {
    row.card?.update();
    this.showSaved();
  }

  /** Lay an edit of an earlier page load over the answer. */
  #resume(draft) {
    const { item, answer, seen, sent } = draft;
    const row = this.rows.get(item);
    if (!row || !answer) return;
    row.answer = tidy(answer);
    row.edit = { seen, sent: sent ?? [], seq: ++this.outbox.seq, since: 0, due: 0, conflict: null, error: null };
    this.drafts.write(row);
    if (!this.drafts.failed) this.drafts.forget(draft);
  }

  // -- talking to the server

  send(edits) {
    this.untold = false;
    const message = { client: this.client, known: this.rev, need_static: false, edits };
    this.component.setTriggerValue("message", message);
  }

  receive(component) {
    const { live, acks, base, command } = component.data;
    this.component = component;
    this.outbox.receive(acks ?? []);
    // `untold`: the server has to learn which revision we hold. It goes with the next edits, as
    // of two messages of one moment Streamlit delivers only the last.
    if (base === null) {
      this.untold = this.rev === null;
      this.#apply(live);
    } else if (this.rev === null || base > this.rev) {
      this.untold = true;
      this.rev = null;
    } else this.#apply(live);
    this.outbox.pump();
    if (this.untold) this.send([]);
    this.showSaved();
    if (command && !obeyed.has(command.id)) {
      obeyed.add(command.id);
      this.goTo(command.goto);
    }
  }

  #apply(live) {
    for (const [id, server] of Object.entries(live.items)) {
      const row = this.rows.get(id);
      if (!row || server.version < row.seen) continue;
      row.server = server;
      this.#reconcile(row);
      row.card?.update();
    }
    this.rev = live.rev;
    Object.assign(this.live.elements, live.elements);
    Object.assign(this.live, { total: live.total ?? this.live.total, saved_at: live.saved_at ?? this.live.saved_at });
    this.#showTotal();
    this.#showElements();
  }

  /** Take the server's answer unless something of this person's stands against it. */
  #reconcile(row) {
    const { edit, server } = row;
    if (!edit) {
      if (server.version > row.seen && this.#isTypingIn(row)) return; // until the field is left
      Object.assign(row, { answer: tidy(server.answer), seen: server.version });
    } else if (server.version > edit.seen && !edit.conflict) {
      const theirs = canonical(server.answer);
      if (theirs === canonical(row.answer) && !edit.flying) {
        row.seen = server.version;
        this.outbox.settle(row);
      } else if (edit.sent.includes(theirs)) edit.seen = server.version;
    }
  }

  #isTypingIn(row) {
    return Boolean(row.card?.node.contains(this.root.activeElement) && this.root.activeElement.dataset.field);
  }

  // -- drawing

  #draw() {
    const { t, content } = this;
    this.frame = this.part("sheet");
    this.frame.hidden = false;
    this.frame.dataset.mode = content.mode;
    // Streamlit's own bar lies over the top of the page.
    const bar = document.querySelector('[data-testid="stHeader"]')?.getBoundingClientRect().height ?? 0;
    this.frame.style.setProperty("--bar", `${bar}px`);
    this.figure = this.part("figure");
    this.items = this.part("items");
    this.search = h("input", { type: "search", "data-role": "search", placeholder: t("search"), "aria-label": t("search") });
    const filters = ["all", "open", "deducted", "not_applicable", ...(content.reference ? ["differs"] : [])];
    this.part("tools").replaceChildren(this.search,
      h("div", { class: "filters", role: "group", "aria-label": t("filter") },
        ...filters.map((name) => button("filter", t(`filter.${name}`), { "data-filter": name }))),
      h("span", { class: "found", "data-role": "found", role: "status" }),
      button("help", "?", { "aria-label": t("help"), title: t("help") }));
    this.part("element-list").setAttribute("aria-label", t("elements"));
    this.part("element-list").replaceChildren(
      h("div", { class: "heading", "aria-hidden": "true" }, h("span", {}, t("elements")), h("span", {}, t("open_short")), h("span", {}, t("lost_short"))),
      ...content.elements.map((element) => this.#elementEntry(element)));
    this.part("element-select").setAttribute("aria-label", t("elements"));
    this.part("element-select").replaceChildren(...content.elements.map(({ id }) => h("option", { value: id })));
    this.root.querySelector("[data-act=next]").textContent = t("next");
    this.part("progress").setAttribute("aria-label", t("progress"));
    this.savedMark = icon("open");
    this.savedText = h("span");
    this.part("saved").replaceChildren(this.savedMark, this.savedText);
    this.#drawHelp();
    this.showSaved();
  }

  #elementEntry(element) {
    return h("button", { type: "button", "data-act": "element", "data-element": element.id },
      icon("open"), h("span", { class: "id" }, element.id), h("span", { class: "title" }, element.title),
      h("span", { class: "left" }), h("span", { class: "lost" }));
  }

  #drawHelp() {
    const keys = [["j k", "move"], ["1–9", "rules"], ["f", "full"], ["n", "na"], ["r", "remark"], ["u", "next"], ["/", "search"], ["?", "help"]];
    this.part("help").replaceChildren(
      h("h2", {}, this.t("help")),
      h("dl", {}, ...keys.flatMap(([key, name]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, this.t(`help.${name}`))])),
      h("form", { method: "dialog" }, h("button", {}, this.t("close"))));
  }

  #showTotal() {
    const { total } = this.live;
    if (!total) return;
    setText(this.figure, total.score ?? `${total.low}～${total.high}`);
    this.figure.dataset.final = total.score === null ? "no" : "yes";
    setText(this.part("total"), total.state_line);
    setText(this.part("grade"), total.grade_line);
    Object.assign(this.part("progress"), { max: total.count, value: total.answered });
    clearTimeout(this.speaking); // screen readers hear the outcome of a series of clicks, not each
    this.speaking = setTimeout(() => setText(this.part("spoken"), total.state_line), 1500);
  }

  #showElements() {
    const { t } = this;
    for (const element of this.content.elements) {
      const figures = this.live.elements[element.id];
      if (!figures) continue;
      const entry = this.root.querySelector(`[data-element="${element.id}"]`);
      const option = this.root.querySelector(`option[value="${element.id}"]`);
      const left = figures.open + figures.needs_reason;
      const lost = (parse(figures.lost) ?? 0) + (parse(figures.special) ?? 0);
      setShape(entry.querySelector("svg"), left ? "open" : "full");
      setText(entry.querySelector(".left"), left ? String(left) : "");
      setText(entry.querySelector(".lost"), lost ? `−${show(lost)}` : "");
      const said = `${element.id} ${element.title} · ${left ? t("left", { n: left }) : t("done")}${lost ? ` · −${show(lost)}` : ""}`;
      entry.setAttribute("aria-label", said);
      entry.title = said;
      setText(option, said);
    }
  }

  /** The mark that says whether all is saved. */
  showSaved() {
    const pending = this.outbox.pending;
    const held = pending.filter(isHeld).length;
    clearTimeout(this.showing);
    if (!pending.length) return this.#markSaved("saved", this.live.saved_at ? this.t("saved", { at: this.live.saved_at }) : "");
    if (held === pending.length) return this.#markSaved("held", this.t("held", { n: held }));
    if (this.outbox.offline || this.outbox.overdue) return this.#markSaved("unsaved", this.t("unsaved", { n: pending.length }));
    const wait = QUIET_SAVE - (Date.now() - Math.min(...pending.map(({ edit }) => edit.since)));
    if (wait <= 0) return this.#markSaved("saving", this.t("saving"));
    this.showing = setTimeout(() => this.showSaved(), wait);
    return undefined;
  }

  #markSaved(state, text) {
    this.part("saved").dataset.state = state;
    setShape(this.savedMark, { saved: "full", saving: "saving", unsaved: "needs_reason", held: "needs_reason" }[state]);
    this.savedMark.style.visibility = text ? "visible" : "hidden";
    setText(this.savedText, text);
  }

  // -- which items are shown

  get #isQuery() {
    return this.filter !== "all" || this.search.value.trim() !== "";
  }

  #matches(row) {
    const words = fold(this.search.value).split(/\s+/).filter(Boolean);
    row.words ??= fold([row.item.id, row.item.text, ...row.item.rules.map((rule) => rule.text), ...row.item.evidence].join(" "));
    if (!words.every((word) => row.words.includes(word))) return false;
    const state = answerState(row.answer);
    if (this.filter === "all") return true;
    if (this.filter === "differs") return this.differs(row);
    return state === this.filter || (this.filter === "open" && state === "needs_reason");
  }

  #select(element) {
    this.element = element;
    this.filter = "all";
    this.search.value = "";
    this.#remember(element);
    this.#list();
  }

  /** Lay out the items of the element, or those that match; answers given later move nothing. */
  #list() {
    const rows = [...this.rows.values()];
    this.shown = this.#isQuery ? rows.filter((row) => this.#matches(row)) : rows.filter(({ item }) => item.element === this.element);
    this.built = 0;
    this.items.replaceChildren();
    if (!this.shown.length) this.items.append(h("p", { class: "empty" }, this.t("nothing")));
    setText(this.part("found"), this.#isQuery ? this.t("found", { n: this.shown.length }) : "");
    for (const entry of this.root.querySelectorAll("[data-filter]")) entry.setAttribute("aria-pressed", String(entry.dataset.filter === this.filter));
    for (const entry of this.root.querySelectorAll("[data-element]")) {
      if (entry.dataset.element === this.element && !this.#isQuery) entry.setAttribute("aria-current", "true");
      else entry.removeAttribute("aria-current");
    }
    this.part("element-select").value = this.element;
    this.#buildUpTo(CHUNK);
    this.#buildRest();
  }

  /** A long list appears at once with its first screen and is completed frame by frame. */
  #buildRest() {
    cancelAnimationFrame(this.building);
    if (this.built >= this.shown.length) return;
    this.building = requestAnimationFrame(() => {
      this.#buildUpTo(this.built + CHUNK);
      this.#buildRest();
    });
  }

  #buildUpTo(count) {
    const nodes = [];
    for (; this.built < Math.min(count, this.shown.length); this.built += 1) {
      const row = this.shown[this.built];
      const before = this.shown[this.built - 1];
      if (!before || before.item.sub_element !== row.item.sub_element || before.item.element !== row.item.element) nodes.push(this.#heading(row.item));
      row.card ??= new Card(this, row);
      row.card.update();
      nodes.push(row.card.node);
    }
    this.items.append(...nodes);
  }

  #heading({ element, sub_element }) {
    const { t, content } = this;
    const sub = content.sub_elements.find(({ id }) => id === sub_element);
    const top = content.elements.find(({ id }) => id === element);
    const name = (part) => `${part.id} ${part.title}`;
    const title = !sub ? name(top) : this.#isQuery ? `${name(top)} › ${name(sub)}` : name(sub);
    return h("h3", {}, h("span", {}, title), h("span", { class: "points" }, t("points", { n: (sub ?? top).points })));
  }

  /** Open an item wherever it is. */
  goTo(id) {
    const row = this.rows.get(id);
    if (!row) return;
    if (!this.shown.includes(row)) this.#select(row.item.element);
    this.#buildUpTo(this.shown.indexOf(row) + 1);
    this.current = id;
    row.card.node.focus({ preventScroll: true });
    row.card.node.scrollIntoView({ block: "start" });
  }

  #nextOpen() {
    const rows = [...this.rows.values()];
    const first = rows.findIndex(({ item }) => item.element === this.element);
    const from = this.current ? rows.indexOf(this.rows.get(this.current)) + 1 : first;
    const isOpen = (row) => isHeld(row) || ["open", "needs_reason"].includes(answerState(row.answer));
    const next = [...rows.slice(from), ...rows.slice(0, from)].find(isOpen);
    if (next) this.goTo(next.item.id);
    else setText(this.part("found"), this.t("all_answered"));
  }

  #step(by) {
    const at = this.shown.findIndex(({ item }) => item.id === this.current);
    const row = this.shown[Math.max(0, Math.min(this.shown.length - 1, at + by))];
    if (row) this.goTo(row.item.id);
  }

  /** After a reload the person is back at the element they were in. */
  #remember(element) {
    attempt(() => sessionStorage.setItem(`anbiao-sheet-at:${this.content.store}`, element));
  }

  #rememberedElement() {
    const ids = this.content.elements.map(({ id }) => id);
    const last = attempt(() => sessionStorage.getItem(`anbiao-sheet-at:${this.content.store}`));
    return ids.includes(last) ? last : ids[0];
  }

  // -- what people do

  #listen() {
    const on = (target, name, action, options = {}) => target.addEventListener(name, action, { signal: this.ended.signal, ...options });
    on(this.frame, "click", (event) => this.#clicked(event));
    on(this.frame, "input", (event) => this.#input(event));
    on(this.frame, "compositionend", (event) => this.#input(event));
    on(this.frame, "change", (event) => this.#changed(event));
    on(this.frame, "focusin", ({ target }) => this.#entered(target));
    on(this.frame, "focusout", ({ target }) => this.#left(target));
    on(document, "visibilitychange", () => this.outbox.flush());
    on(window, "pagehide", () => this.outbox.flush());
    on(window, "online", () => this.outbox.retry());
    on(window, "beforeunload", (event) => this.drafts.failed && this.outbox.pending.length && event.preventDefault());
    // Before Streamlit, which has shortcuts of its own (r, c).
    on(window, "keydown", (event) => this.#key(event), { capture: true });
    this.#watchConnection();
  }

  #cardOf(target) {
    return this.rows.get(target.closest("[data-item]")?.dataset.item)?.card;
  }

  #clicked({ target }) {
    const acting = target.closest("[data-act]");
    const card = this.#cardOf(target);
    if (card) this.current = card.item.id;
    if (target.closest("[data-role=saved]")) this.goTo(this.outbox.pending.find(isHeld)?.item.id);
    if (!acting || acting.dataset.act === "rule") return;
    const { act } = acting.dataset;
    if (card) card.act(act, acting);
    else if (act === "next") this.#nextOpen();
    else if (act === "help") this.part("help").showModal();
    else if (act === "element") this.#openElement(acting.dataset.element);
    else if (act === "filter") {
      this.filter = acting.dataset.filter;
      this.#list();
    }
  }

  #openElement(id) {
    this.#select(id);
    this.current = null;
    if (this.frame.getBoundingClientRect().top < 0) this.items.scrollIntoView({ block: "start" });
  }

  #input({ target, isComposing }) {
    if (isComposing) return; // the text is not yet chosen; compositionend follows
    if (target === this.search) this.#list();
    else if (target.dataset.field && !this.readonly) this.#cardOf(target).typed(target);
  }

  #changed({ target }) {
    if (target.dataset.role === "element-select") this.#openElement(target.value);
    else if (target.dataset.act === "rule") this.#cardOf(target).act("rule", target);
  }

  #entered(target) {
    this.focused = target;
    const card = this.#cardOf(target);
    if (card) this.current = card.item.id;
  }

  /** Leaving a field sends its text and lets in what the server had meanwhile. */
  #left(target) {
    const card = this.#cardOf(target);
    if (!card || !target.dataset.field) return;
    // Streamlit joins all messages of one moment into one run. If the click that took the focus
    // is for a widget of the page, its run must go first, or the page would not be run at all.
    setTimeout(() => setTimeout(() => {
      if (this.ended.signal.aborted) return;
      this.outbox.flush();
      this.#reconcile(card.row);
      card.update();
    }));
  }

  #key(event) {
    const target = event.composedPath()[0];
    const inside = this.frame.contains(target);
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || this.part("help").open) return;
    if (!inside && target !== document.body) return;
    if (!this.frame.offsetHeight) return; // on a tab that is not shown
    if (target.matches("input:not([type=checkbox]), textarea, select")) {
      if (event.key === "Escape") this.#leave(target);
      return;
    }
    const done = target.closest("[data-element]") ? this.#keyInElements(event.key, target) : this.#keyInItems(event.key, inside);
    if (!done) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #leave(field) {
    field.blur();
    this.#cardOf(field)?.node.focus({ preventScroll: true });
  }

  #keyInElements(key, target) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const entries = [...this.root.querySelectorAll("[data-element]")];
    const next = step && entries[entries.indexOf(target) + step];
    if (!next) return Boolean(step) || this.#keyInItems(key, false);
    next.focus();
    this.#openElement(next.dataset.element);
    return true;
  }

  #keyInItems(key, inside) {
    const card = this.rows.get(this.current)?.card;
    const steps = { j: 1, k: -1, ...(inside && card ? { ArrowDown: 1, ArrowUp: -1 } : {}) };
    if (steps[key]) this.#step(steps[key]);
    else if (key === "u") this.#nextOpen();
    else if (key === "/") this.search.focus();
    else if (key === "?") this.part("help").showModal();
    else if (card && "fnr".includes(key)) card.act({ f: "full", n: "na", r: "open-remark" }[key], card.node);
    else if (card && /^[1-9]$/.test(key) && !this.readonly) {
      const rule = card.item.rules.filter(({ trigger }) => trigger !== "item_at_zero")[Number(key) - 1];
      if (rule) card.toggleRule(rule);
    } else return false;
    return true;
  }

  /** Streamlit tells the state of its connection in attributes; without them the timer does. */
  #watchConnection() {
    const app = document.querySelector('[data-testid="stApp"]');
    if (!app) return;
    const resume = () => {
      clearTimeout(this.resuming);
      this.resuming = null;
      this.outbox.offline = false;
      this.outbox.retry();
      this.showSaved();
    };
    let running = false; // a message that comes before the page has run again would be dropped
    this.watcher = new MutationObserver(() => {
      const { testConnectionState: connection, testScriptState: script } = app.dataset;
      if (connection && connection !== "CONNECTED") {
        this.outbox.offline = true;
        running = false;
        this.showSaved();
      } else if (this.outbox.offline) {
        this.resuming ??= setTimeout(resume, RESEND_AFTER);
        if (script === "running") running = true;
        else if (running) resume();
      }
    });
    this.watcher.observe(app, { attributes: true });
    this.uncovering = new MutationObserver((changes) => this.#uncover(changes));
    this.uncovering.observe(document.body, { childList: true });
  }

  /**
   * Streamlit covers the page with "Connection error" when the server is away, and people could
   * not go on. Nothing else opens a dialog then: dialogs of the app come from the server.
   */
  #uncover(changes) {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    const cover = this.outbox.offline && added.find((node) => node.matches?.('[data-testid="stDialog"]'));
    if (!cover) return;
    const field = this.focused;
    cover.querySelector("button")?.click();
    let tries = 20; // the page takes the focus only after the dialog has faded out
    const back = setInterval(() => {
      if (tries-- && field?.isConnected && this.root.activeElement !== field) field.focus({ preventScroll: true });
      else clearInterval(back);
    }, 25);
  }

  /** The sheet has left the page. Drafts stay in the browser. */
  stop() {
    this.ended.abort();
    this.watcher?.disconnect();
    this.uncovering?.disconnect();
    cancelAnimationFrame(this.building);
    for (const timer of [this.outbox.waiting, this.outbox.pause, this.speaking, this.showing, this.resuming]) clearTimeout(timer);
    this.outbox.offline = true;
  }
}

function newRow(item) {
  const server = { version: 0, state: "open", earned: null, lost: null, by: "", at: "", answer: {} };
  return { item, server, answer: {}, seen: 0, edit: null, aside: {}, card: null };
}

/** Whether an edit waits for the person's decision. */
const isHeld = ({ edit }) => Boolean(edit?.conflict || edit?.error);

const fold = (text) => text.normalize("NFKC").toLowerCase();

/** Unique per page load; crypto.randomUUID is missing on plain http. */
function uniqueName() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

// ---------------------------------------------------------------- entry point

const sheets = new WeakMap(); // place on the page -> its sheet
const contents = new Map(); // static content by id: sent once, needed again when the page comes back
const obeyed = new Set(); // commands already carried out

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  if (data.static) contents.set(data.content, { content: data.static, texts: data.texts });
  if (!contents.has(data.content)) {
    setTriggerValue("message", { client: "", known: null, need_static: true, edits: [] });
    return undefined;
  }
  let sheet = sheets.get(parentElement);
  if (sheet?.id !== data.content) {
    sheet?.stop();
    sheet = new Sheet(component, contents.get(data.content), data.content);
    sheets.set(parentElement, sheet);
  }
  sheet.receive(component);
  if (data.static) setStateValue("loaded", data.content);
  return () => {
    // Streamlit also calls this for a drawing that a newer one has overtaken.
    if (!(parentElement.host ?? parentElement).isConnected) sheet.stop();
  };
}
