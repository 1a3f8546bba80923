// The browser side of the scoring sheet. What it must never do: lose what was typed.
//
// Sections: amounts and answers · drafts in the browser · sending · page elements · one item's card ·
// the sheet (list, head, keyboard) · entry point called by Streamlit with every new data.

const TYPING_PAUSE = 600; // ms after the last key until a text is sent
const RESEND_AFTER = 4000; // ms without an acknowledgement
const QUIET_SAVE = 300; // ms before "saving" is shown; most saves are faster
const WIDE = 720; // px of the sheet itself, same as in sheet.css
const CHUNK = 12; // cards built per frame
const HELD_TEXTS = 8; // answers remembered as sent and not yet acknowledged

// ---------------------------------------------------------------- amounts and answers

/** "1.5" -> 150; amounts are whole hundredths so that no sum is ever inexact. Null if not one. */
function parse(text) {
  const found = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text ?? "");
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

/** 150 -> "1.5" */
function show(units) {
  return String(units / 100);
}

/** What people type for a number, full-width digits of a Chinese keyboard included. */
function typedNumber(text) {
  return text.normalize("NFKC").trim().replace(/[。,]/, ".");
}

const isCounted = (rule) => rule.kind === "each" || rule.kind === "per_percent";
const isNotApplicable = (answer) => answer.not_applicable !== undefined;

/** Points that one chosen rule takes from its scope. */
function amount(item, rule, deduction) {
  if (rule.kind === "range") return parse(deduction.points) ?? 0;
  if (rule.kind === "whole" && rule.points === null) return parse(item.points);
  const points = parse(rule.points) ?? 0;
  return isCounted(rule) ? points * deduction.count : points;
}

/** The points an answer leaves, floor 0; null where there is nothing to show. */
function earned(item, answer) {
  if (answerState(answer) === "open" || isNotApplicable(answer)) return null;
  const points = parse(item.points);
  let lost = parse(answer.lost) ?? 0;
  for (const deduction of answer.deductions ?? []) {
    const rule = item.rules.find((each) => each.id === deduction.rule);
    if (!rule) continue;
    if (rule.scope === "item") lost += amount(item, rule, deduction);
    if (rule.zeroes === "item") lost = Math.max(lost, points);
  }
  return Math.max(0, points - lost);
}

function answerState(answer) {
  if (isNotApplicable(answer)) return answer.not_applicable.trim() ? "not_applicable" : "needs_reason";
  if (answer.lost && !(answer.reason ?? "").trim()) return "needs_reason";
  if (answer.lost || answer.deductions?.length) return "deducted";
  return answer.full ? "full" : "open";
}

/**
 * The answer without empty parts (null, "", []), in one fixed order, so that equal answers are
 * equal texts. Whatever comes from outside passes here first.
 */
function tidy(answer) {
  const kept = {};
  if (answer.deductions?.length) {
    const chosen = answer.deductions.map(({ rule, count, points }) =>
      ({ rule, count: count ?? 1, ...(typeof points === "string" ? { points } : {}) }));
    kept.deductions = chosen.sort((a, b) => (a.rule < b.rule ? -1 : 1));
  }
  if (answer.full) kept.full = true;
  if (typeof answer.not_applicable === "string") kept.not_applicable = answer.not_applicable;
  for (const name of ["lost", "reason", "remark", "difference"]) if (answer[name]) kept[name] = answer[name];
  return kept;
}

const canonical = (answer) => JSON.stringify(tidy(answer));

// ---------------------------------------------------------------- drafts in the browser

/** Edits not yet acknowledged, in localStorage: one entry per item and page load. */
class Drafts {
  constructor(store, client) {
    this.prefix = `anbiao-sheet:${store}:`;
    this.client = client;
  }

  write(row) {
    const { seen, sent } = row.edit;
    const text = JSON.stringify({ answer: row.answer, seen, sent, at: Date.now() });
    this.failed = !attempt(() => localStorage.setItem(this.#key(row.item.id), text) ?? true);
  }

  remove(row) {
    this.forget({ key: this.#key(row.item.id) });
  }

  forget({ key }) {
    attempt(() => localStorage.removeItem(key));
  }

  /** What earlier page loads left behind, oldest first. */
  leftBehind() {
    const keys = attempt(() => Object.keys(localStorage)) ?? [];
    const drafts = keys.filter((key) => key.startsWith(this.prefix)).map((key) => {
      const item = key.slice(key.indexOf(":", this.prefix.length) + 1);
      return { key, item, ...attempt(() => JSON.parse(localStorage.getItem(key))) };
    });
    return drafts.sort((one, other) => one.at - other.at);
  }

  #key(item) {
    return `${this.prefix}${this.client}:${item}`;
  }
}

/** A browser may refuse its storage or have it full; the sheet then lives without. */
function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

// ---------------------------------------------------------------- sending

/** Sends pending edits, one message at a time, until each is acknowledged. */
class Outbox {
  constructor(sheet) {
    this.sheet = sheet;
    this.seq = 0;
    this.waiting = null; // timer of the message in flight
    this.pause = null; // timer of a text still being typed
    this.offline = false;
    this.overdue = false;
  }

  get pending() {
    return [...this.sheet.rows.values()].filter((row) => row.edit);
  }

  put(row, typing) {
    row.edit ??= { seen: row.seen, sent: [], since: Date.now(), conflict: null };
    Object.assign(row.edit, { seq: ++this.seq, error: null, due: typing ? Date.now() + TYPING_PAUSE : 0 });
    this.sheet.drafts.write(row);
    this.pump();
  }

  /** Send texts now that would otherwise wait for a pause in typing. */
  flush() {
    for (const row of this.pending) row.edit.due = 0;
    this.pump();
  }

  /** Take the message in flight for lost and send again. */
  retry() {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.pump();
  }

  pump() {
    clearTimeout(this.pause);
    if (this.waiting || this.offline) return;
    const ready = this.pending.filter((row) => !isHeld(row));
    const due = ready.filter(({ edit }) => edit.due <= Date.now());
    if (due.length) this.#send(due);
    else if (ready.length) {
      const next = Math.min(...ready.map(({ edit }) => edit.due));
      this.pause = setTimeout(() => this.pump(), next - Date.now() + 1);
    }
  }

  #send(rows) {
    const edits = rows.map((row) => {
      const { edit } = row;
      edit.flying = edit.seq;
      // Remembered so that our own earlier text, saved without our hearing of it, is no conflict.
      edit.sent = [...new Set([...edit.sent, canonical(row.answer)])].slice(-HELD_TEXTS);
      this.sheet.drafts.write(row);
      return { seq: edit.seq, item: row.item.id, seen: edit.seen, answer: row.answer };
    });
    this.waiting = setTimeout(() => {
      this.overdue = true;
      this.sheet.showSaved();
      this.retry();
    }, RESEND_AFTER);
    this.sheet.send(edits);
  }

  /** Take in acknowledgements; repeated and outdated ones change nothing. */
  receive(acks) {
    const sent = this.pending.filter(({ edit }) => edit.flying);
    for (const ack of acks) {
      const row = this.sheet.rows.get(ack.item);
      if (!row?.edit || row.edit.flying !== ack.seq) continue;
      row.edit.flying = null;
      clearTimeout(this.waiting);
      this.waiting = null;
      this.overdue = false;
      if (ack.ok) this.#accepted(row, ack);
      else if (ack.conflict) this.#refused(row, ack.conflict);
      else if (row.edit.seq === ack.seq) row.edit.error = ack.error;
      this.sheet.refresh(row);
    }
    // What a returned message left out must wait, or it would go round without end.
    if (!this.waiting) for (const { edit } of sent) if (edit?.flying) edit.due = Date.now() + RESEND_AFTER;
  }

  #accepted(row, { seq, version }) {
    row.seen = version;
    if (row.edit.seq === seq) this.settle(row);
    else Object.assign(row.edit, { seen: version, sent: [] });
  }

  #refused(row, conflict) {
    if (canonical(conflict.answer) === canonical(row.answer)) {
      row.seen = conflict.version;
      this.settle(row);
    } else if (row.edit.sent.includes(canonical(conflict.answer))) {
      Object.assign(row.edit, { seen: conflict.version, due: 0 });
    } else row.edit.conflict = { ...conflict, answer: tidy(conflict.answer) };
  }

  settle(row) {
    row.edit = null;
    this.sheet.drafts.remove(row);
  }
}

// ---------------------------------------------------------------- page elements

/** Create an element; text only ever becomes text nodes. */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Fill a field unless the person is in it or has to correct it: their text stays theirs. */
function setField(field, value) {
  const theirs = field.getRootNode().activeElement === field || field.getAttribute("aria-invalid") === "true";
  if (!theirs && field.value !== value) field.value = value;
}

// State is told by shape, never by colour alone.
const SHAPES = {
  open: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z",
  full: "M3 8.5 6.5 12 13 4.5",
  deducted: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM5 8h6",
  not_applicable: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM4 12 12 4",
  needs_reason: "M8 2 15 14H1ZM8 6.5v3.5M8 11.8v.6",
  saving: "M8 2a6 6 0 1 1-6 6",
};

function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  setShape(svg, shape);
  return svg;
}

function setShape(svg, shape) {
  svg.dataset.shape = shape;
  svg.firstChild.setAttribute("d", SHAPES[shape]);
}

function button(act, text, attributes = {}) {
  return h("button", { type: "button", "data-act": act, ...attributes }, text);
}

// ---------------------------------------------------------------- one item's card

class Card {
  constructor(sheet, row) {
    this.sheet = sheet;
    this.row = row;
    this.item = row.item;
    this.t = sheet.t;
    this.opened = new Set(); // optional parts the person has opened
    this.rules = this.item.rules.map((rule) => ({ rule, parts: {} }));
    this.fields = {};
    this.node = this.#build();
    this.update();
  }

  #build() {
    const { item, t } = this;
    this.mark = icon("open");
    this.stateWord = h("span", { class: "word" });
    this.points = h("span", { class: "own", "data-role": "points" });
    this.by = h("span", { class: "by", "data-role": "by" });
    this.full = button("full", t("full"), { "aria-pressed": "false" });
    this.na = button("na", t("na"), { "aria-pressed": "false" });
    this.notice = h("div", { class: "notice", "data-role": "notice", role: "alert", hidden: true });
    const title = `item-${item.id}`;
    return h("article", { class: "card", "data-item": item.id, tabindex: "-1", "aria-labelledby": title },
      h("div", { class: "what", id: title }, this.mark,
        h("span", { class: "id" }, item.id),
        h("p", { class: "text" }, item.text, item.unverified ? h("span", { class: "tag" }, t("unverified")) : null)),
      h("div", { class: "score" }, this.points, this.stateWord, this.by),
      this.#evidence(),
      this.#reference(),
      h("div", { class: "rules" }, ...this.#ruleRows()),
      h("div", { class: "acts" }, this.full, this.na, this.#opener("lost"), this.#opener("remark")),
      this.#extras(),
      this.notice);
  }

  #evidence() {
    const { item, t } = this;
    if (!item.evidence.length && !item.law) return null;
    const lines = item.evidence.map((line) => h("li", {}, line));
    return h("details", { class: "evidence", open: this.sheet.isWide },
      h("summary", {}, t("evidence")),
      lines.length ? h("ul", {}, ...lines) : null,
      item.law ? h("p", { class: "law" }, t("law", { law: item.law })) : null);
  }

  #reference() {
    const own = this.sheet.reference(this.item.id);
    if (!own) return null;
    const figure = own.not_applicable ? this.t("state.not_applicable") : `${own.earned ?? "–"} / ${this.item.points}`;
    return h("div", { class: "reference", "data-role": "reference" },
      h("span", {}, this.t("self_score")), h("b", {}, figure),
      h("ul", {}, ...own.lines.map((line) => h("li", {}, line))));
  }

  #ruleRows() {
    let number = 0;
    return this.rules.map((entry) => {
      const { rule, parts } = entry;
      const effect = h("span", { class: "effect" }, this.effect(rule));
      if (rule.trigger === "item_at_zero") {
        parts.row = h("div", { class: "rule auto", "data-rule": rule.id },
          icon("needs_reason"), h("span", {}, rule.text, " ", effect));
        return parts.row;
      }
      number += 1;
      parts.box = h("input", { type: "checkbox", "data-act": "rule", disabled: this.sheet.readonly });
      parts.row = h("div", { class: "rule", "data-rule": rule.id },
        h("label", {}, parts.box, h("span", { class: "key", "aria-hidden": "true" }, number < 10 ? String(number) : ""),
          h("span", {}, rule.text, " ", effect)),
        this.#quantity(rule, parts));
      return parts.row;
    });
  }

  /** The count of a counted rule or the points of a range rule. */
  #quantity(rule, parts) {
    if (!isCounted(rule) && rule.kind !== "range") return null;
    const ranged = rule.kind === "range";
    const label = ranged ? this.t("range_points", { rule: rule.text }) : this.t("count", { rule: rule.text });
    parts.field = h("input", { type: "text", "data-field": ranged ? "points" : "count", "aria-label": label,
      inputmode: ranged ? "decimal" : "numeric", disabled: this.sheet.readonly, autocomplete: "off" });
    parts.quantity = ranged
      ? h("span", { class: "quantity" }, parts.field, h("span", {}, this.t("range_hint", { n: rule.points ?? this.item.points })))
      : h("span", { class: "quantity" },
          button("minus", "−", { "aria-label": this.t("minus"), disabled: this.sheet.readonly }), parts.field,
          button("plus", "+", { "aria-label": this.t("plus"), disabled: this.sheet.readonly }));
    return parts.quantity;
  }

  #opener(part) {
    return button(`open-${part}`, this.t(part), { class: "quiet", "aria-expanded": "false" });
  }

  #extras() {
    const lost = this.#field("lost", { inputmode: "decimal", class: "number" });
    this.parts = {
      not_applicable: this.#part(this.#field("not_applicable", { area: true })),
      lost: this.#part(lost, this.#field("reason", { area: true })),
      difference: this.#part(this.#field("difference", { area: true })),
      remark: this.#part(this.#field("remark", { area: true })),
    };
    return h("div", { class: "extras" }, ...Object.values(this.parts));
  }

  #part(...fields) {
    return h("div", { class: "part", hidden: true }, ...fields);
  }

  #field(name, { area = false, ...attributes } = {}) {
    const common = { "data-field": name, readonly: this.sheet.readonly, autocomplete: "off", ...attributes };
    const input = area ? h("textarea", { rows: "1", ...common }) : h("input", { type: "text", ...common });
    const need = h("span", { class: "need", hidden: true });
    this.fields[name] = { input, need };
    return h("label", { class: `field ${name}` }, h("span", { class: "label" }, this.t(`field.${name}`), need), input);
  }

  /** The effect of a rule in words: what it takes, and from where. */
  effect(rule) {
    const { t } = this;
    const pieces = [];
    const points = rule.points ?? this.item.points;
    if (rule.scope !== "item") pieces.push(t(`effect.beyond_${rule.kind}`, { n: points, scope: t(`scope.${rule.scope}`) }));
    else if (rule.kind === "whole" && rule.points === null) pieces.push(t("effect.zero", { scope: t("scope.item") }));
    else if (!(rule.zeroes === "item" && points === this.item.points)) pieces.push(t(`effect.${rule.kind}`, { n: points }));
    if (rule.zeroes) pieces.push(t("effect.zero", { scope: t(`scope.${rule.zeroes}`) }));
    return pieces.join(t("join"));
  }

  // -- showing what is so

  update() {
    const { row, item, t } = this;
    const { answer } = row;
    const state = answerState(answer);
    const own = this.sheet.earnedOf(row);
    this.node.dataset.state = state;
    this.node.dataset.pending = row.edit ? "yes" : "no";
    setShape(this.mark, state);
    setText(this.points, `${isNotApplicable(answer) ? "—" : own === null ? "–" : show(own)} / ${item.points}`);
    setText(this.stateWord, t(`state.${state}`));
    setText(this.by, row.server.by ? `${row.server.by} ${row.server.at ?? ""}` : "");
    this.full.setAttribute("aria-pressed", String(Boolean(answer.full)));
    this.na.setAttribute("aria-pressed", String(isNotApplicable(answer)));
    for (const act of [this.full, this.na]) act.disabled = this.sheet.readonly;
    for (const { rule, parts } of this.rules) this.#updateRule(rule, parts, own);
    this.#updateFields(state);
    this.#updateNotice();
  }

  #updateRule(rule, parts, own) {
    if (rule.trigger === "item_at_zero") {
      parts.row.classList.toggle("lit", own === 0);
      return;
    }
    const chosen = this.row.answer.deductions?.find((each) => each.rule === rule.id);
    parts.box.checked = Boolean(chosen);
    parts.row.classList.toggle("chosen", Boolean(chosen));
    if (!parts.quantity) return;
    parts.quantity.hidden = !chosen;
    if (chosen) setField(parts.field, rule.kind === "range" ? chosen.points : String(chosen.count));
  }

  #updateFields(state) {
    const { answer } = this.row;
    for (const [name, { input }] of Object.entries(this.fields)) setField(input, answer[name] ?? "");
    const differs = this.sheet.differs(this.row);
    this.#showPart("not_applicable", isNotApplicable(answer));
    this.#showPart("lost", Boolean(answer.lost || answer.reason) || this.opened.has("lost"), !isNotApplicable(answer));
    this.#showPart("remark", Boolean(answer.remark) || this.opened.has("remark"));
    this.#showPart("difference", differs || Boolean(answer.difference));
    this.#require("not_applicable", isNotApplicable(answer) && state === "needs_reason");
    this.#require("reason", !isNotApplicable(answer) && state === "needs_reason");
    this.#require("difference", differs && !(answer.difference ?? "").trim());
  }

  #showPart(part, wanted, possible = true) {
    const typing = this.parts[part].contains(this.node.getRootNode().activeElement);
    this.parts[part].hidden = !possible || !(wanted || typing);
    const opener = this.node?.querySelector?.(`[data-act=open-${part}]`);
    opener?.setAttribute("aria-expanded", String(!this.parts[part].hidden));
    if (opener) opener.hidden = !possible || (this.sheet.readonly && !wanted);
  }

  #require(name, missing) {
    this.#ask(name, missing ? this.t("reason_needed") : "");
    this.fields[name].input.setAttribute("aria-required", String(missing));
  }

  /** What a field still needs, beside its label. */
  #ask(name, words) {
    const { need } = this.fields[name];
    need.hidden = !words;
    setText(need, words);
  }

  #updateNotice() {
    const { edit } = this.row;
    const wanted = edit?.conflict ? `conflict:${edit.conflict.version}:${canonical(this.row.answer)}` : edit?.error ?? "";
    if (this.notice.dataset.shows === wanted) return;
    this.notice.dataset.shows = wanted;
    this.notice.hidden = !wanted;
    this.notice.replaceChildren(...(edit?.conflict ? this.#conflict(edit.conflict) : edit?.error ? this.#error(edit.error) : []));
  }

  #conflict(conflict) {
    const { t } = this;
    const version = (label, answer, act, text) =>
      h("div", { class: "version" }, h("b", {}, label), h("p", {}, this.describe(answer)), button(act, text));
    return [
      h("p", { class: "heading" }, icon("needs_reason"), t("conflict")),
      h("div", { class: "versions" },
        version(t("mine"), this.row.answer, "mine", t("use_mine")),
        version(t("theirs", { by: conflict.by ?? "", at: conflict.at ?? "" }), conflict.answer, "theirs", t("use_theirs"))),
    ];
  }

  #error(message) {
    return [h("p", { class: "heading" }, icon("needs_reason"), message), button("discard", this.t("discard"))];
  }

  /** An answer in one line, for comparing two versions. */
  describe(answer) {
    const { t, item } = this;
    const pieces = [];
    if (isNotApplicable(answer)) pieces.push(t("describe.na", { reason: answer.not_applicable || "–" }));
    else if (answer.full) pieces.push(t("full"));
    for (const chosen of answer.deductions ?? []) {
      const text = item.rules.find((rule) => rule.id === chosen.rule)?.text ?? chosen.rule;
      if (chosen.points !== undefined) pieces.push(t("describe.range", { rule: text, n: chosen.points }));
      else pieces.push(chosen.count > 1 ? t("describe.counted", { rule: text, n: chosen.count }) : text);
    }
    if (answer.lost) pieces.push(t("describe.lost", { n: answer.lost, reason: answer.reason || "–" }));
    if (answer.remark) pieces.push(t("describe.remark", { remark: answer.remark }));
    if (answer.difference) pieces.push(t("describe.difference", { text: answer.difference }));
    return pieces.join(t("join")) || t("state.open");
  }

  // -- what a person does

  act(name, target) {
    const { row } = this;
    if (name === "open-lost" || name === "open-remark") return this.open(name.slice(5), true);
    if (name === "mine") return this.sheet.keepMine(row);
    if (name === "theirs" || name === "discard") return this.sheet.takeTheirs(row);
    if (this.sheet.readonly) return undefined;
    if (name === "full") return this.#toggleFull();
    if (name === "na") return this.#toggleNotApplicable();
    const rule = this.#ruleOf(target);
    if (name === "rule") return this.toggleRule(rule);
    if (name === "plus") return this.#count(rule, (count) => count + 1);
    if (name === "minus") return this.#count(rule, (count) => count - 1);
    return undefined;
  }

  #ruleOf(target) {
    const id = target.closest("[data-rule]")?.dataset.rule;
    return this.item.rules.find((rule) => rule.id === id);
  }

  /** Show or hide an optional part; one with something in it stays. */
  open(part, focus) {
    const toOpen = this.parts[part].hidden;
    if (toOpen) this.opened.add(part);
    else this.opened.delete(part);
    this.update();
    if (focus && toOpen) this.parts[part].querySelector("[data-field]").focus();
  }

  #change(answer, typing = false) {
    this.sheet.change(this.row, answer, typing);
  }

  /** What stays whatever the judgement. */
  #notes() {
    const { remark, difference } = this.row.answer;
    return { remark, difference };
  }

  /** The judgement is put aside, so that leaving "not applicable" or "full" brings it back. */
  #putAside() {
    const { deductions, lost, reason, full, not_applicable } = this.row.answer;
    if (not_applicable !== undefined) this.row.aside.not_applicable = not_applicable;
    else this.row.aside.judged = { deductions, lost, reason, full };
  }

  #toggleFull() {
    const { answer, aside } = this.row;
    if (answer.full) return this.#change({ ...aside.judged, ...this.#notes(), full: false });
    this.#putAside();
    return this.#change({ full: true, ...this.#notes() });
  }

  #toggleNotApplicable() {
    const { answer, aside } = this.row;
    this.#putAside();
    if (isNotApplicable(answer)) return this.#change({ ...aside.judged, ...this.#notes() });
    this.#change({ not_applicable: aside.not_applicable ?? "", ...this.#notes() });
    return this.fields.not_applicable.input.focus({ preventScroll: true });
  }

  toggleRule(rule) {
    const { answer } = this.row;
    const chosen = answer.deductions ?? [];
    const without = chosen.filter((each) => each.rule !== rule.id);
    if (without.length < chosen.length) return this.#deduct(without);
    const { field } = this.rules.find((each) => each.rule === rule).parts;
    field?.removeAttribute("aria-invalid");
    if (rule.kind !== "range") return this.#deduct([...chosen, { rule: rule.id, count: 1 }]);
    this.#deduct([...chosen, { rule: rule.id, count: 1, points: rule.points ?? this.item.points }]);
    field.focus({ preventScroll: true });
    return field.select();
  }

  #count(rule, next) {
    const chosen = this.row.answer.deductions ?? [];
    const changed = chosen.map((each) => (each.rule === rule.id ? { ...each, count: Math.min(next(each.count), 999) } : each));
    this.#deduct(changed.filter((each) => each.count >= 1));
  }

  #deduct(deductions, typing = false) {
    if (isNotApplicable(this.row.answer)) this.#putAside();
    const { lost, reason } = this.row.answer;
    this.#change({ deductions, lost, reason, ...this.#notes() }, typing);
  }

  /** A key in a field. A number that cannot be is marked and waits; everything else is kept at once. */
  typed(input) {
    const name = input.dataset.field;
    if (name === "count" || name === "points") return this.#typedQuantity(input, this.#ruleOf(input), name);
    if (name === "lost") return this.#typedLost(input);
    return this.#change({ ...this.row.answer, [name]: input.value }, true);
  }

  #typedQuantity(input, rule, name) {
    const text = typedNumber(input.value);
    const top = parse(rule.points ?? this.item.points);
    const good = name === "count" ? /^[1-9]\d{0,2}$/.test(text) : parse(text) !== null && parse(text) <= top;
    input.setAttribute("aria-invalid", String(!good));
    if (!good) return;
    const value = name === "count" ? Number(text) : show(parse(text));
    this.#deduct((this.row.answer.deductions ?? []).map((each) => (each.rule === rule.id ? { ...each, [name]: value } : each)), true);
  }

  #typedLost(input) {
    const text = typedNumber(input.value);
    const units = parse(text);
    const good = text === "" || (units !== null && units <= parse(this.item.points));
    input.setAttribute("aria-invalid", String(!good));
    this.#ask("lost", good ? "" : this.t("range_hint", { n: this.item.points }));
    if (!good) return;
    const { full, ...rest } = this.row.answer;
    this.#change({ ...rest, ...(units ? {} : { full }), lost: units ? show(units) : "" }, true);
  }
}

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
