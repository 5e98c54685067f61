// One booking in a sheet: who, what, when, what happened to it; whether they came, moving it, cancelling it.

import { html, nothing } from "./lit.js";
import { DeskElement, doneNotice, isOpen, stateOf, whatOf, whoOf } from "./desk-element.js";
import "./desk-times.js";
import { field, notice, save, skeleton } from "./element.js";
import { askFileSignedIn, askSignedIn } from "./session.js";
import { money, t } from "./texts.js";
import { clock, dateInWords, dayOf, span } from "./time.js";

/** `booking`: its id. Events: `changed`, `closed`. */
class DeskBooking extends DeskElement {
  static properties = { ...DeskElement.properties, booking: { attribute: false }, found: { state: true }, doing: { state: true } };

  willUpdate(changed) {
    if (!changed.has("booking")) return;
    Object.assign(this, { found: null, doing: null, done: null });
    this.open();
  }

  open() {
    return this.read(async (signal) => { this.found = await askSignedIn("GET", this.path(), { signal }); });
  }

  path(more = "") {
    return `/bookings/${encodeURIComponent(this.booking)}${more}`;
  }

  render() {
    return html`<dialog class="sheet" aria-labelledby="booking-title" @close=${() => this.tell("closed")}>
      <div class="stack">
        <div class="row spread"><h2 id="booking-title" tabindex="-1">${this.found ? whoOf(this.found) : t("desk.booking")}</h2>
          <button type="button" class="plain" @click=${this.closeDialog}>${t("action.close")}</button></div>
        ${doneNotice(this.done)}
        ${notice(this.refusal, this.found ? undefined : () => this.readAgain())}
        ${this.found ? this.about() : this.slow ? skeleton(6) : nothing}
      </div>
    </dialog>`;
  }

  about() {
    const { slot_start_at: start, slot_end_at: end, service, note, cancel_reason: reason } = this.found;
    const state = stateOf(this.found, this.zone);
    const rows = [
      [t("book.when"), html`<span class="when">${span(start, end, this.zone)}</span>`],
      [t("desk.service"), service?.price ? `${whatOf(this.found)}, ${money(service.price, service.currency)}` : whatOf(this.found)],
      ...this.reachable(),
      [t("form.note"), note],
      [t("desk.state"), state],
      [t("manage.reason"), reason],
    ];
    return html`<dl class="about">${rows.filter(([, value]) => value).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${this.doing === "move" ? this.move() : this.doing === "cancel" ? this.cancel() : this.actions()}
      <h3>${t("desk.history")}</h3>
      <ol class="history">${this.history().map(([when, what]) => html`<li><time class="small" datetime=${when}>${dateInWords(dayOf(when, this.zone))}, ${clock(when, this.zone)}</time> ${what}</li>`)}</ol>`;
  }

  reachable() {
    const { email, phone } = this.found.client;
    return [
      [t("form.phone"), phone ? html`<a href="tel:${phone}">${phone}</a>` : null],
      [t("form.email"), email ? html`<a href="mailto:${encodeURIComponent(email)}">${email}</a>` : null],
    ];
  }

  history() {
    const { created_at: created, cancelled_at: ended, status, hold_expires_at: held } = this.found;
    const end = status === "cancelled" ? "desk.history_cancelled" : held ? "desk.history_lapsed" : "desk.history_over";
    return [[created, t("desk.history_booked")], ...(ended ? [[ended, t(end)]] : [])];
  }

  actions() {
    const { slot_start_at: start, status, hold_expires_at: held, attendance } = this.found;
    const hasBegun = Date.parse(start) <= Date.now();
    const tookPlace = hasBegun && (status === "confirmed" || status === "expired" && !held);
    const came = (value) => html`<button type="button" class="quiet" aria-pressed=${attendance === value} @click=${() => this.say(attendance === value ? null : value)}>${t(`desk.say_${value}`)}</button>`;
    return html`
      ${tookPlace ? html`<div class="row" role="group" aria-label=${t("desk.attendance")}>${came("attended")}${came("no_show")}</div>` : nothing}
      <div class="row">
        ${status === "held" && !hasBegun ? html`<button type="button" @click=${this.confirm}>${t("desk.confirm")}</button>` : nothing}
        ${status === "confirmed" && !hasBegun ? html`<button type="button" @click=${() => this.begin("move")}>${t("manage.move")}</button>` : nothing}
        ${isOpen(this.found) ? html`<button type="button" class="danger" @click=${() => this.begin("cancel")}>${t("desk.cancel")}</button>` : nothing}
        ${isOpen(this.found) ? html`<button type="button" class="plain" @click=${this.download}>${t("book.calendar")}</button>` : nothing}
      </div>`;
  }

  confirm() {
    this.change("POST", "/confirm", {}, this.withMail(t("desk.done_confirmed")));
  }

  begin(what) {
    Object.assign(this, { doing: what, done: null, refusal: null });
    this.focusOn(what === "move" ? "#slot" : "#reason");
  }

  stop() {
    Object.assign(this, { doing: null, problems: {}, refusal: null });
    this.focusOn("#booking-title");
  }

  cancel() {
    return html`<form class="stack" @submit=${this.onCancel}>
      ${field({ name: "reason", label: t("manage.reason"), hint: t("desk.reason_hint"), rows: 2, maxlength: 500 })}
      <div class="row"><button class="danger" aria-busy=${Boolean(this.busy)}>${t("desk.cancel")}</button>
        <button type="button" class="quiet" @click=${this.stop}>${t("desk.keep")}</button></div>
    </form>`;
  }

  onCancel(event) {
    event.preventDefault();
    const reason = event.target.elements.reason.value.trim();
    this.change("PATCH", "/cancel", { reason: reason || null }, this.withMail(t("desk.done_cancelled")));
  }

  say(attendance) {
    return this.change("PATCH", "/attendance", { attendance }, t("desk.done_noted"));
  }

  withMail(sentence) {
    return this.found.client.email ? `${sentence} ${t("desk.hears_by_mail")}` : sentence;
  }

  async change(method, path, body, done) {
    const well = await this.attempt(async () => { this.found = await askSignedIn(method, this.path(path), { body }); });
    this.tell("changed");
    if (!well) {
      await this.seeWhatChanged();
      return;
    }
    Object.assign(this, { doing: null, problems: {}, done });
    this.focusOn("#booking-title");
  }

  /** What was refused was asked for of a booking that may have changed meanwhile. */
  async seeWhatChanged() {
    const { refusal } = this;
    if (refusal?.status !== 409) return;
    await this.open();
    this.refusal ??= refusal;
    if (!isOpen(this.found)) this.doing = null;
  }

  move() {
    const { slot_start_at: start, service_id: service } = this.found;
    return html`<form class="stack" novalidate @submit=${this.onMove}>
      <booking-desk-times .profile=${this.profile} .day=${dayOf(start, this.zone)} .service=${service} .error=${this.problems.slot}></booking-desk-times>
      <div class="row"><button aria-busy=${Boolean(this.busy)}>${t("desk.move_there")}</button>
        <button type="button" class="quiet" @click=${this.stop}>${t("desk.leave_it")}</button></div>
    </form>`;
  }

  async onMove(event) {
    event.preventDefault();
    const times = event.target.querySelector("booking-desk-times");
    const { chosen } = times;
    this.problems = chosen ? {} : { slot: t("desk.choose_time") };
    if (!chosen) {
      this.focusOn("#slot");
      return;
    }
    await this.change("PATCH", "/reschedule", { slot_id: chosen.id }, this.withMail(t("desk.done_moved")));
    if (times.takesBack(this.refusal, chosen)) this.refusal = null;
  }

  async download() {
    await this.attempt(async () => save(await askFileSignedIn(this.path("/calendar.ics")), "booking.ics"));
  }
}
customElements.define("booking-desk-booking", DeskBooking);
