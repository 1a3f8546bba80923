// One item's card and the small elements it is made of. Part of one program, see answers.js.

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
      if (rule.trigger === "item_at_zero") {
        parts.row = h("div", { class: "rule auto", "data-rule": rule.id },
          icon("needs_reason"), h("span", {}, rule.text));
        return parts.row;
      }
      number += 1;
      parts.box = h("input", { type: "checkbox", "data-act": "rule", disabled: this.sheet.readonly });
      parts.row = h("div", { class: "rule", "data-rule": rule.id },
        h("label", {}, parts.box, h("span", { class: "key", "aria-hidden": "true" }, number < 10 ? String(number) : ""),
          h("span", {}, rule.text)),
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
