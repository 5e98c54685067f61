// Booking an appointment: whom, what, which day, what time, who you are, done. One decision at a time, all in sight.

import { html, nothing } from "./lit.js";
import { ask, askAll, newKey } from "./api.js";
import "./book-done.js";
import "./book-wait.js";
import { whom } from "./book-whom.js";
import { PageElement, field, goneInWords, nameOf, notice, phoneField, phoneOf, skeleton, summary } from "./element.js";
import { freeAt } from "./picker.js";
import { askSignedIn, isSignedIn, onChange, signOut } from "./session.js";
import "./sign-in.js";
import { language, money, t } from "./texts.js";
import { clock, duration, isDay, span, today } from "./time.js";

const TYPED = "booking.typed";

/**
 * `specialist`: the id of whom to book with; without it, a list to choose from. `embedded`: on a page of somebody else's,
 * whose address and storage are not ours, and where everybody books as a guest.
 */
export class Book extends PageElement {
  static properties = {
    ...PageElement.properties,
    specialist: {},
    embedded: { type: Boolean },
    profiles: { state: true },
    profile: { state: true },
    services: { state: true },
    service: { state: true },
    day: { state: true },
    slot: { state: true },
    booking: { state: true },
    user: { state: true },
    message: { state: true },
    waiting: { state: true },
    asksWho: { state: true },
    pending: { state: true },
  };

  constructor() {
    super();
    this.typed = {};
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.embedded) return;
    this.specialist ??= decodeURIComponent(/\/book\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? "") || undefined;
    this.typed = JSON.parse(sessionStorage.getItem(TYPED) ?? "{}");
    addEventListener("popstate", this.onAddress);
    onChange(() => this.readUser());
    this.readUser();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("popstate", this.onAddress);
  }

  firstUpdated() {
    this.open();
  }

  open() {
    return this.read(async (signal) => {
      if (!this.specialist) {
        this.profiles = await askAll("/specialists", { signal });
        if (this.profiles.length === 1) this.specialist = this.profiles[0].id;
        else return;
      }
      const path = `/specialists/${encodeURIComponent(this.specialist)}`;
      [this.profile, this.services] = await Promise.all([ask("GET", path, { signal }), askAll(`${path}/services`, { signal })]);
      if (!this.embedded) document.title = [this.profile.display_name, t("book.title")].filter(Boolean).join(" · ");
      this.takeAddress();
    });
  }

  async readUser() {
    this.user = isSignedIn() ? await askSignedIn("GET", "/users/me").catch(() => null) : null;
  }

  // The address holds what was chosen, so that reload, back and a link that is passed on work.

  onAddress = () => {
    this.booking = null;
    this.takeAddress();
  };

  takeAddress() {
    const chosen = new URLSearchParams(this.embedded ? "" : location.search);
    const wanted = this.services.length === 1 ? this.services[0].id : chosen.get("service");
    this.service = this.services.find(({ id }) => id === wanted) ?? null;
    const [day, at] = [chosen.get("day") ?? "", chosen.get("at") ?? ""];
    this.day = isDay(day) && day >= today() ? day : undefined;
    this.at = Date.parse(at) ? at : undefined;
    this.slot = null;
    this.message = null;
    if (this.at && this.slots && this.slotsOf === this.day) this.takeTime();
  }

  /** The time that the address names, if it is still free. */
  takeTime() {
    this.slot = freeAt(this.slots, this.at) ?? null;
    if (!this.slot && this.at) this.message = t("book.taken", { time: clock(this.at) });
    this.at = undefined;
  }

  setAddress({ push }) {
    if (this.embedded) return;
    const query = new URLSearchParams(location.search);
    const chosen = { service: this.services.length > 1 && this.service?.id, day: this.day, at: this.slot?.start_at };
    for (const [name, value] of Object.entries(chosen)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const next = `${location.pathname}${query.size ? `?${query}` : ""}`;
    if (next === location.pathname + location.search) return;
    history[push ? "pushState" : "replaceState"](null, "", next);
  }

  // What is shown

  get step() {
    if (this.booking) return "done";
    if (this.services?.length > 1 && !this.service) return "service";
    return this.slot ? "details" : "time";
  }

  render() {
    if (this.refusal && !this.profile) return html`<div class="card">${notice(this.refusal, () => this.readAgain())}</div>`;
    if (this.profiles && !this.specialist) return whom(this.profiles, this.embedded && ((id) => Object.assign(this, { specialist: id }).open()));
    if (!this.profile) return html`<div class="card booker">${skeleton(8)}</div>`;
    return html`<div class="card booker" data-step=${this.step}>
      ${this.aside()}
      <div class="booker-main">${this[`${this.step}Step`]()}</div>
    </div>`;
  }

  aside() {
    const { service, slot, profile } = this;
    const isChanging = this.services.length > 1 && this.step !== "done";
    return html`<header class="booker-aside stack">
      <div class="stack tight">
        <h1>${profile.display_name ?? t("book.title")}</h1>
        ${profile.description ? html`<p class="muted described">${profile.description}</p>` : nothing}
      </div>
      ${service || this.step === "details" ? html`<dl class="chosen">
        ${service ? html`<div><dt>${t("book.what")}</dt>
          <dd><strong>${service.title}</strong><br>${duration(service.duration_minutes)} · ${money(service.price, service.currency)}
          ${service.description ? html`<br><span class="muted described">${service.description}</span>` : nothing}</dd>
          ${isChanging ? this.change("service", t("book.what")) : nothing}</div>` : nothing}
        ${slot && this.step === "details" ? html`<div><dt>${t("book.when")}</dt>
          <dd><strong class="when">${span(slot.start_at, slot.end_at, profile.time_zone)}</strong></dd>
          ${this.change("time", t("book.when"))}</div>` : nothing}
      </dl>` : nothing}
    </header>`;
  }

  /** Leads back to a step; who hears the button is told which. */
  change(step, what) {
    return html`<dd><button type="button" class="plain" @click=${() => this.back(step)}>${t("book.change")}<span class="unseen"> ${what}</span></button></dd>`;
  }

  serviceStep() {
    return html`<section class="stack">
      <h2 tabindex="-1">${t("book.which_service")}</h2>
      <ul class="list">${this.services.map((service) => html`<li>
        <button type="button" class="choice" @click=${() => this.onService(service)}>
          <span class="choice-title"><strong>${service.title}</strong>
            <span class="number">${duration(service.duration_minutes)} · ${money(service.price, service.currency)}</span></span>
          <span class="muted">${service.description}</span>
        </button></li>`)}</ul>
    </section>`;
  }

  timeStep() {
    return html`${this.waiting ? html`<booking-book-wait .slot=${this.waiting} .service=${this.service?.id} .profile=${this.profile} .user=${this.user}
        @back=${() => { this.waiting = null; }}></booking-book-wait>` : nothing}
      <booking-picker .specialist=${this.profile} .service=${this.service?.id ?? null} .day=${this.day} .message=${this.message}
        .canWait=${!this.embedded} @day=${this.onDay} @pick=${({ detail }) => this.onPick(detail)} @wait=${({ detail }) => this.onWait(detail)}></booking-picker>`;
  }

  detailsStep() {
    const sure = this.pending && this.refusal;
    const labels = { name: t("form.name"), email: t("form.email"), phone: t("form.phone"), note: t("form.note") };
    return html`<section class="stack form-width">
      <h2 tabindex="-1">${t("book.details")}</h2>
      ${this.asksWho && !this.user ? html`
        <booking-sign-in @signed-in=${() => { this.asksWho = false; this.focusOn("h2"); }}></booking-sign-in>
        <button type="button" class="plain" @click=${() => { this.asksWho = false; }}>${t("book.without_account")}</button>` : html`
      <form class="stack" novalidate @submit=${this.onSubmit} @input=${({ target }) => this.keepTyped({ [target.name]: target.value })}>
        ${summary(this.problems, labels)}
        ${notice(this.refusal, sure ? () => this.send() : undefined)}
        <fieldset class="stack" ?disabled=${Boolean(sure)}>
          ${this.user ? html`<div class="row"><span>${t("book.signed_in_as", { email: this.user.email })}</span>
              <button type="button" class="plain" @click=${signOut}>${t("action.sign_out")}</button></div>` : html`
            ${this.embedded ? nothing : html`<div class="row muted"><span>${t("book.have_account")}</span>
              <button type="button" class="plain" @click=${() => { this.asksWho = true; }}>${t("book.sign_in_instead")}</button></div>`}
            ${field({ name: "name", label: labels.name, autocomplete: "name", maxlength: 100, required: true, value: this.typed.name, error: this.problems.name })}
            ${field({ name: "email", label: labels.email, type: "email", autocomplete: "email", inputmode: "email", required: true, value: this.typed.email, error: this.problems.email, hint: t("book.email_hint", { name: nameOf(this.profile) }) })}
            ${phoneField({ name: "phone", label: labels.phone, autocomplete: "tel", value: this.typed.phone, error: this.problems.phone })}`}
          ${field({ name: "note", label: labels.note, rows: 3, value: this.typed.note, error: this.problems.note, hint: t("book.note_hint", { name: nameOf(this.profile) }) })}
          <button aria-busy=${Boolean(this.slow)}>${t("book.book", { time: clock(this.slot.start_at) })}</button>
        </fieldset>
      </form>`}
    </section>`;
  }

  doneStep() {
    return html`<booking-book-done .booking=${this.booking} .profile=${this.profile} .service=${this.service}
      .guest=${this.booking.asGuest} .client=${this.booking.mailTo} @again=${this.again}></booking-book-done>`;
  }

  // What the visitor does

  onService(service) {
    Object.assign(this, { service, day: undefined, slot: null });
    this.setAddress({ push: true });
    this.focusOn(".booker-main h2");
  }

  onDay({ detail: { day, slots, byVisitor } }) {
    Object.assign(this, { day, slots, slotsOf: day });
    if (byVisitor) Object.assign(this, { message: null, waiting: null });
    if (this.at) this.takeTime();
    this.setAddress({ push: byVisitor });
  }

  onPick(slot) {
    Object.assign(this, { slot, problems: {}, refusal: null, message: null, waiting: null });
    this.setAddress({ push: true });
    this.focusOn(".booker-main h2");
  }

  back(step) {
    Object.assign(this, { slot: null, refusal: null, ...(step === "service" && { service: null, day: undefined, message: null }) });
    this.setAddress({ push: true });
    this.focusOn(".booker-main h2");
  }

  again() {
    Object.assign(this, { booking: null, slot: null, refusal: null });
    this.setAddress({ push: true });
  }

  keepTyped(fields) {
    this.typed = { ...this.typed, ...fields };
    if (!this.embedded) sessionStorage.setItem(TYPED, JSON.stringify(this.typed));
  }

  onSubmit(event) {
    event.preventDefault();
    const typed = this.typedInto(event.target);
    if (!typed) return;
    const slot = { slot_id: this.slot.id, service_id: this.service?.id, note: typed.note.trim() || undefined };
    const wish = this.user ? { path: "/bookings", body: slot } : this.guestsWish(slot, typed);
    if (!this.pending || JSON.stringify(this.pending.wish) !== JSON.stringify(wish)) this.pending = { wish, key: newKey() };
    this.send();
  }

  guestsWish(slot, { name, email, phone }) {
    const who = { name: name.trim(), email: email.trim(), phone: phoneOf(phone), locale: language };
    return { path: "/bookings/guest", body: { ...slot, ...who }, asGuest: who.email };
  }

  /** Sends the decision; one that got no answer is kept, and sent again with its key unless it was changed: it happens once. */
  async send() {
    const { wish: { path, body, asGuest }, key } = this.pending;
    const write = asGuest ? ask : askSignedIn;
    const done = await this.attempt(async () => { this.booking = { ...await write("POST", path, { body, key }), asGuest, mailTo: this.user?.email }; });
    if (done || (this.refusal && this.refusal.status > 0 && this.refusal.status < 500)) this.pending = null;
    if (done) this.onBooked();
    else this.onRefused();
  }

  onBooked() {
    this.keepTyped({ note: "" });
    this.slot = null;
    this.setAddress({ push: false });
    this.dispatchEvent(new CustomEvent("booked", { detail: { id: this.booking.id, status: this.booking.status }, bubbles: true, composed: true }));
  }

  /** Where somebody was faster, what was typed stays, and fresh times are shown. */
  onRefused() {
    const message = this.slot && goneInWords(this.refusal, clock(this.slot.start_at));
    if (!message) return; // also once the visitor has gone back
    Object.assign(this, { message, slot: null, refusal: null });
    this.setAddress({ push: false });
    this.focusOn(".times-title");
  }

  onWait(slot) {
    Object.assign(this, { waiting: slot, refusal: null });
  }
}
customElements.define("booking-book", Book);
