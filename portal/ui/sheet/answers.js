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
