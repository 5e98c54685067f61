// One booking, by the link from a mail or for who is signed in: see, confirm, move, cancel, keep in a calendar.
// Opening the page changes nothing; only pressing a button does.

import { html, nothing } from "./lit.js";
import { addressOf, ask, askFile } from "./api.js";
import { PageElement, field, goneInWords, notice, save, skeleton } from "./element.js";
import { fragment } from "./fragment.js";
import "./picker.js";
import { askAllSignedIn, askFileSignedIn, askSignedIn, isSignedIn, signOut } from "./session.js";
import "./sign-in.js";
import { money, t } from "./texts.js";
import { clock, duration, span, today } from "./time.js";

const LINKS = "booking.links";

class Manage extends PageElement {
  static properties = {
    ...PageElement.properties,
    booking: { state: true },
    profile: { state: true },
    upcoming: { state: true },
    moving: { state: true },
    slot: { state: true },
    message: { state: true },
    done: { state: true },
  };

  connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", this.takeLink);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.takeLink);
  }

  firstUpdated() {
    this.takeLink();
  }

  /** The link's token leaves the address, so that neither history nor a passed on address has it. */
  takeLink = () => {
    const { token, booking } = fragment();
    const links = JSON.parse(sessionStorage.getItem(LINKS) ?? "{}");
    if (token && booking) {
      sessionStorage.setItem(LINKS, JSON.stringify({ ...links, [booking]: token }));
      history.replaceState(null, "", `${location.pathname}${location.search}#booking=${encodeURIComponent(booking)}`);
    }
    Object.assign(this, { bookingId: booking, token: token ?? links[booking], booking: null, upcoming: null, done: null, moving: false });
    this.open();
  };

  open() {
    return this.read(async (signal) => {
      if (!this.bookingId) {
        if (isSignedIn()) this.upcoming = await askAllSignedIn("/bookings/me", { query: { date_from: today() }, signal });
        return;
      }
      if (!this.token && !isSignedIn()) return;
      const booking = await this.ask("GET", "", { signal });
      this.profile = await ask("GET", `/specialists/${booking.specialist_id}`, { signal });
      this.booking = booking;
    });
  }

  ask(method, what, more) {
    const path = `/bookings/${encodeURIComponent(this.bookingId)}${what}`;
    return this.token ? ask(method, path, { ...more, token: this.token }) : askSignedIn(method, path, more);
  }

  render() {
    if (this.refusal?.status === 401 && this.token) return this.card(html`<h1>${t("manage.title")}</h1><p>${t("error.token_not_valid")}</p>${this.bookAgain()}`);
    if (!this.token && !isSignedIn()) return this.card(html`<h1>${t("manage.sign_in")}</h1><booking-sign-in @signed-in=${() => { Object.assign(this, { booking: null, upcoming: null, refusal: null }); this.open(); }}></booking-sign-in>`);
    if (!this.bookingId) return this.card(this.list());
    if (!this.booking) return this.card(this.refusal ? html`<h1>${t("manage.title")}</h1>${notice(this.refusal, () => this.readAgain())}` : this.slow ? skeleton(5) : nothing);
    return this.card(this.moving ? this.move() : this.one());
  }

  card(content) {
    return html`<div class="card stack ${this.moving ? "" : "form-card"}">${content}</div>`;
  }

  list() {
    if (!this.upcoming) return this.refusal ? notice(this.refusal, () => this.readAgain()) : skeleton(3);
    const open = this.upcoming.filter(({ status }) => ["confirmed", "held"].includes(status));
    return html`<h1 tabindex="-1">${t("manage.upcoming")}</h1>
      ${open.length ? html`<ul class="list">${open.map((booking) => html`<li><a class="choice" href="#booking=${booking.id}">
        <strong class="when">${span(booking.slot_start_at, booking.slot_end_at)}</strong>
        <span class="muted">${[booking.service?.title, booking.specialist_name].filter(Boolean).join(" · ")}</span></a></li>`)}</ul>`
        : html`<p>${t("manage.none")}</p>`}
      <div class="row">${this.bookAgain()}<button type="button" class="plain" @click=${() => { signOut(); this.upcoming = null; }}>${t("action.sign_out")}</button></div>`;
  }

  bookAgain() {
    const whom = this.booking ? `/book/${this.booking.specialist_id}` : "/book";
    return html`<a class="button quiet" href=${addressOf(whom)}>${t("manage.book")}</a>`;
  }

  one() {
    const { booking } = this;
    return html`${this.done ? html`<div class="notice calm" role="status" tabindex="-1"><p>${this.done}</p></div>` : nothing}
      <div class="stack tight">
        <p class="muted">${t(`manage.status.${booking.status}`)}</p>
        <h1 tabindex="-1" class="when">${span(booking.slot_start_at, booking.slot_end_at, this.profile.time_zone)}</h1>
      </div>
      ${this.about()}
      ${notice(this.refusal, this.refusal?.status === 0 || this.refusal?.status >= 500 ? this.again : undefined)}
      ${this.actions()}
      ${this.cancelDialog()}`;
  }

  about() {
    const { service, note, cancel_reason: reason, client } = this.booking;
    const rows = [
      ["manage.with", this.booking.specialist_name ?? this.profile.display_name],
      ["book.what", service && `${service.title}, ${duration(service.duration_minutes)}, ${money(service.price, service.currency)}`],
      ["form.name", client?.name],
      ["form.note", note],
      ["manage.reason", reason],
    ];
    return html`<dl class="chosen">${rows.filter(([, value]) => value).map(([key, value]) => html`<div><dt>${t(key)}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  get isOpen() {
    const { status, slot_start_at: start } = this.booking;
    return (status === "confirmed" || status === "held") && Date.parse(start) > Date.now();
  }

  actions() {
    const { booking } = this;
    if (!this.isOpen) return this.bookAgain();
    const held = booking.status === "held";
    const late = booking.changeable_until && Date.parse(booking.changeable_until) <= Date.now();
    return html`${held ? html`<p>${t("manage.confirm_until", { until: clock(booking.hold_expires_at) })}</p>` : nothing}
      ${late ? html`<p>${t("error.booking_not_changeable")}</p>` : nothing}
      <div class="row">
        ${held ? html`<button type="button" aria-busy=${Boolean(this.slow)} @click=${this.confirm}>${t("manage.confirm", { time: clock(booking.slot_start_at) })}</button>` : nothing}
        ${held ? nothing : html`<button type="button" class="quiet" @click=${this.onCalendar}>${t("book.calendar")}</button>`}
        ${held || late ? nothing : html`<button type="button" class="quiet" @click=${this.startMove}>${t("manage.move")}</button>`}
        ${late ? nothing : html`<button type="button" class="quiet" @click=${() => this.dialog.showModal()}>${t("manage.cancel")}</button>`}
      </div>`;
  }

  cancelDialog() {
    return html`<dialog aria-labelledby="cancel-title"><form class="stack" @submit=${this.cancel}>
      <h2 id="cancel-title">${t("manage.cancel_question")}</h2>
      ${field({ name: "reason", label: t("manage.reason"), rows: 3 })}
      <div class="row">
        <button class="danger">${t("manage.cancel_now")}</button>
        <button type="button" class="quiet" @click=${() => this.dialog.close()}>${t("manage.keep")}</button>
      </div>
    </form></dialog>`;
  }

  get dialog() {
    return this.renderRoot.querySelector("dialog");
  }

  move() {
    const { booking, slot } = this;
    const was = span(booking.slot_start_at, booking.slot_end_at, this.profile.time_zone);
    return html`<h1 tabindex="-1">${t("manage.move_from", { was })}</h1>
      ${notice(this.refusal, slot && this.refusal?.status !== 409 ? this.moveNow : undefined)}
      ${slot ? html`<p><strong>${t("manage.move_to", { when: span(slot.start_at, slot.end_at, this.profile.time_zone) })}</strong></p>
        <div class="row">
          <button type="button" aria-busy=${Boolean(this.slow)} @click=${this.moveNow}>${t("manage.move_now", { time: clock(slot.start_at) })}</button>
          <button type="button" class="quiet" @click=${() => { this.slot = null; }}>${t("manage.other_time")}</button>
        </div>` : html`
        <booking-picker .specialist=${this.profile} .service=${booking.service_id} .day=${this.day} .message=${this.message}
          @day=${({ detail }) => { this.day = detail.day; }} @pick=${this.onPick}></booking-picker>`}
      <button type="button" class="plain" @click=${this.stopMove}>${t("manage.keep_time")}</button>`;
  }

  startMove() {
    Object.assign(this, { moving: true, slot: null, day: undefined, message: null, done: null, refusal: null });
    this.focusOn("h1");
  }

  stopMove() {
    Object.assign(this, { moving: false, refusal: null });
    this.focusOn("h1");
  }

  onPick({ detail: slot }) {
    Object.assign(this, { slot, message: null, refusal: null });
    this.focusOn(".row button");
  }

  moveNow = async () => {
    const { slot } = this;
    await this.change(() => this.ask("PATCH", "/reschedule", { body: { slot_id: slot.id } }), t("manage.moved"));
    const message = goneInWords(this.refusal, clock(slot.start_at));
    if (!message) return;
    if (await this.isAt(slot)) this.finish(t("manage.moved"));
    else Object.assign(this, { slot: null, refusal: null, message });
  };

  /** Whether the booking lies there already: an answer that was lost may have said so. */
  async isAt(slot) {
    const booking = await this.ask("GET", "").catch(() => this.booking);
    this.booking = booking;
    return booking.slot_id === slot.id;
  }

  confirm = () => this.change(() => this.ask("POST", "/confirm", { body: {} }), t("manage.confirmed"));

  cancel = async (event) => {
    event.preventDefault();
    const reason = event.target.elements.reason.value.trim();
    this.dialog.close();
    await this.change(() => this.ask("PATCH", "/cancel", { body: reason ? { reason } : {} }), t("manage.cancelled"));
  };

  async change(write, sentence) {
    this.again = () => this.change(write, sentence);
    if (await this.attempt(async () => { this.booking = { ...this.booking, ...await write() }; })) this.finish(sentence);
    else if (this.refusal?.status === 409 && !this.moving) this.booking = await this.ask("GET", "").catch(() => this.booking);
  }

  finish(sentence) {
    Object.assign(this, { moving: false, refusal: null, done: sentence });
    this.focusOn(".notice.calm");
  }

  async onCalendar() {
    const path = `/bookings/${encodeURIComponent(this.bookingId)}/calendar.ics`;
    await this.attempt(async () => save(await (this.token ? askFile(path, { token: this.token }) : askFileSignedIn(path)), `${this.bookingId}.ics`));
  }
}
customElements.define("booking-manage", Manage);
