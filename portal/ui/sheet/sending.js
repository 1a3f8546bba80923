// Sending: one message at a time, everything unacknowledged again. Part of one program, see answers.js.

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
