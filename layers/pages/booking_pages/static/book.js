// Booking an appointment: whom, what, which day, what time, who you are, done. One decision at a time, all in sight.

import { html, nothing } from "./lit.js";
import { addressOf, ask, askAll, newKey } from "./api.js";
import { PageElement, field, notice, problemsOf, save, sentenceOf, skeleton, summary } from "./element.js";
import { freeAt } from "./picker.js";
import { askFileSignedIn, askSignedIn, isSignedIn, onChange, signOut } from "./session.js";
import "./sign-in.js";
import { language, money, t } from "./texts.js";
import { clock, duration, isDay, span, today } from "./time.js";

const GONE = ["slot_already_booked", "slot_not_found", "slot_started", "slot_too_soon", "service_not_offered", "time_taken"];
const TYPED = "booking.typed";
const TICK_MS = 5000;

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
    problems: { state: true },
    message: { state: true },
    waiting: { state: true },
    asksWho: { state: true },
    pending: { state: true },
  };

  constructor() {
    super();
    Object.assign(this, { problems: {}, typed: {} });
  }

  connectedCallback() {
    super.connectedCallback();
    this.ticking = setInterval(() => this.booking?.status === "held" && this.requestUpdate(), TICK_MS);
    if (this.embedded) return;
    this.specialist ??= decodeURIComponent(/\/book\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? "") || undefined;
    this.typed = JSON.parse(sessionStorage.getItem(TYPED) ?? "{}");
    addEventListener("popstate", this.onAddress);
    onChange(() => this.readUser());
    this.readUser();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.ticking);
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
    if (this.profiles && !this.specialist) return this.whom();
    if (!this.profile) return html`<div class="card booker">${skeleton(8)}</div>`;
    return html`<div class="card booker" data-step=${this.step}>
      ${this.aside()}
      <div class="booker-main">${this[`${this.step}Step`]()}</div>
    </div>`;
  }

  whom() {
    const address = (profile) => addressOf(`/book/${profile.id}`) + location.search;
    return html`<div class="card stack">
      <h1 tabindex="-1">${t("book.whom")}</h1>
      ${this.profiles.length ? html`<ul class="list">${this.profiles.map((profile) => html`<li>
        <a class="choice" href=${address(profile)} @click=${(event) => this.onWhom(event, profile)}><strong>${profile.display_name}</strong>
          <span class="muted">${profile.description}</span></a></li>`)}</ul>`
        : html`<p>${t("book.nobody")} <a href=${addressOf("/desk")}>${t("book.open_desk")}</a></p>`}
    </div>`;
  }

  aside() {
    const { service, slot, profile } = this;
    const many = this.services.length > 1;
    return html`<header class="booker-aside stack">
      <div class="stack tight">
        <h1>${profile.display_name ?? t("book.title")}</h1>
        ${profile.description ? html`<p class="muted described">${profile.description}</p>` : nothing}
      </div>
      ${service ? html`<dl class="chosen">
        <div><dt>${t("book.what")}</dt>
          <dd><strong>${service.title}</strong><br>${duration(service.duration_minutes)} · ${money(service.price, service.currency)}
          ${service.description ? html`<br><span class="muted described">${service.description}</span>` : nothing}</dd>
          ${many && this.step !== "done" ? html`<dd><button type="button" class="plain" @click=${() => this.back("service")}>
            ${t("book.change")}<span class="unseen"> ${t("book.what")}</span></button></dd>` : nothing}</div>
        ${slot && this.step === "details" ? html`<div><dt>${t("book.when")}</dt>
          <dd><strong>${span(slot.start_at, slot.end_at, profile.time_zone)}</strong></dd>
          <dd><button type="button" class="plain" @click=${() => this.back("time")}>
            ${t("book.change")}<span class="unseen"> ${t("book.when")}</span></button></dd></div>` : nothing}
      </dl>` : slot && this.step === "details" ? html`<p><strong>${span(slot.start_at, slot.end_at, profile.time_zone)}</strong></p>
        <button type="button" class="plain" @click=${() => this.back("time")}>${t("book.change")}</button>` : nothing}
    </header>`;
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
    return html`${this.waiting ? this.waitStep() : nothing}
      <booking-picker .specialist=${this.profile} .service=${this.service?.id ?? null} .day=${this.day} .message=${this.message}
        .canWait=${!this.embedded} @day=${this.onDay} @pick=${({ detail }) => this.onPick(detail)} @wait=${({ detail }) => this.onWait(detail)}></booking-picker>`;
  }

  waitStep() {
    const { slot, joined } = this.waiting;
    const when = span(slot.start_at, slot.end_at, this.profile.time_zone);
    if (joined) return html`<div class="notice calm" role="status"><p>${t("book.in_line", { when })}</p></div>`;
    return html`<div class="notice calm stack">
      <h2 tabindex="-1">${t("book.wait_for_when", { when })}</h2>
      ${notice(this.refusal)}
      ${this.user
        ? html`<button type="button" aria-busy=${Boolean(this.slow)} @click=${this.join}>${t("book.join")}</button>`
        : html`<p>${t("book.wait_needs_account")}</p><booking-sign-in @signed-in=${this.join}></booking-sign-in>`}
      <button type="button" class="plain" @click=${() => { this.waiting = null; }}>${t("action.back")}</button>
    </div>`;
  }

  detailsStep() {
    const time = clock(this.slot.start_at);
    const sure = this.pending && this.refusal;
    const labels = { name: t("form.name"), email: t("form.email"), phone: t("form.phone"), note: t("form.note") };
    return html`<section class="stack form-width">
      <h2 tabindex="-1">${t("book.details")}</h2>
      ${this.asksWho && !this.user ? html`
        <booking-sign-in @signed-in=${() => { this.asksWho = false; this.focusOn("h2"); }}></booking-sign-in>
        <button type="button" class="plain" @click=${() => { this.asksWho = false; }}>${t("book.without_account")}</button>` : html`
      <form class="stack" novalidate @submit=${this.onSubmit} @input=${this.onTyped}>
        ${summary(this.problems, labels)}
        ${notice(this.refusal, sure ? () => this.send() : undefined)}
        <fieldset class="stack" ?disabled=${Boolean(sure)}>
          ${this.user ? html`<div class="row"><span>${t("book.signed_in_as", { email: this.user.email })}</span>
              <button type="button" class="plain" @click=${signOut}>${t("action.sign_out")}</button></div>` : html`
            ${this.embedded ? nothing : html`<div class="row muted"><span>${t("book.have_account")}</span>
              <button type="button" class="plain" @click=${() => { this.asksWho = true; }}>${t("book.sign_in_instead")}</button></div>`}
            ${field({ name: "name", label: labels.name, autocomplete: "name", maxlength: 100, required: true, value: this.typed.name, error: this.problems.name })}
            ${field({ name: "email", label: labels.email, type: "email", autocomplete: "email", inputmode: "email", required: true, value: this.typed.email, error: this.problems.email, hint: t("book.email_hint") })}
            ${field({ name: "phone", label: labels.phone, type: "tel", autocomplete: "tel", inputmode: "tel", value: this.typed.phone, error: this.problems.phone, pattern: PHONE })}`}
          ${field({ name: "note", label: labels.note, rows: 3, value: this.typed.note, error: this.problems.note, hint: t("book.note_hint", { name: this.profile.display_name ?? "" }) })}
          <button aria-busy=${Boolean(this.slow)}>${t("book.book", { time })}</button>
        </fieldset>
      </form>`}
    </section>`;
  }

  doneStep() {
    const { booking } = this;
    const held = booking.status === "held";
    return html`<section class="stack form-width">
      <h2 tabindex="-1">${t(held ? "book.check_mail" : "book.booked")}</h2>
      <p><strong>${span(booking.slot_start_at, booking.slot_end_at, this.profile.time_zone)}</strong></p>
      ${held ? this.held(booking) : html`<p>${booking.asGuest ? t("book.link_in_mail", { email: booking.asGuest }) : t("book.mail_follows", { email: this.user?.email ?? "" })}</p>`}
      <div class="row">
        ${held ? nothing : html`<button type="button" @click=${this.onCalendar}>${t("book.calendar")}</button>`}
        ${held || booking.asGuest ? nothing : html`<a class="button quiet" href=${addressOf(`/manage#booking=${booking.id}`)}>${t("book.manage")}</a>`}
        <button type="button" class="quiet" @click=${this.again}>${t("book.again")}</button>
      </div>
      ${notice(this.refusal)}
    </section>`;
  }

  held(booking) {
    const left = Math.ceil((Date.parse(booking.hold_expires_at) - Date.now()) / 60_000);
    if (left <= 0) return html`<p>${t("book.hold_ended")}</p>`;
    return html`<p>${t("book.confirm_by_mail", { email: booking.asGuest })}</p>
      <p>${t("book.kept", { n: left, until: clock(booking.hold_expires_at) })}</p>`;
  }

  // What the visitor does

  /** On a page of somebody else's nobody is led away from it. */
  onWhom(event, profile) {
    if (!this.embedded) return;
    event.preventDefault();
    this.specialist = profile.id;
    this.open();
  }

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

  onTyped(event) {
    this.typed = { ...this.typed, [event.target.name]: event.target.value };
    if (!this.embedded) sessionStorage.setItem(TYPED, JSON.stringify(this.typed));
  }

  onSubmit(event) {
    event.preventDefault();
    this.problems = problemsOf(event.target);
    if (Object.keys(this.problems).length) {
      this.focusOn(".notice");
      return;
    }
    const typed = (name) => event.target.elements[name]?.value.trim() || undefined;
    const slot = { slot_id: this.slot.id, service_id: this.service?.id, note: typed("note") };
    const who = { name: typed("name"), email: typed("email"), phone: typed("phone")?.replaceAll(/[\s().-]/g, ""), locale: language };
    const wish = this.user
      ? { path: "/bookings", body: slot }
      : { path: "/bookings/guest", body: { ...slot, ...who }, asGuest: who.email };
    if (!this.pending || JSON.stringify(this.pending.wish) !== JSON.stringify(wish)) this.pending = { wish, key: newKey() };
    this.send();
  }

  /** Sends the decision; one that got no answer is kept, and sent again with its key unless it was changed: it happens once. */
  async send() {
    const { wish: { path, body, asGuest }, key } = this.pending;
    const write = asGuest ? ask : askSignedIn;
    const done = await this.attempt(async () => { this.booking = { ...await write("POST", path, { body, key }), asGuest }; });
    if (done || (this.refusal && this.refusal.status > 0 && this.refusal.status < 500)) this.pending = null;
    if (done) this.onBooked();
    else if (GONE.includes(this.refusal?.reason)) this.onGone();
  }

  onBooked() {
    this.typed = { ...this.typed, note: "" };
    if (!this.embedded) sessionStorage.setItem(TYPED, JSON.stringify(this.typed));
    this.slot = null;
    this.setAddress({ push: false });
    this.dispatchEvent(new CustomEvent("booked", { detail: { id: this.booking.id, status: this.booking.status }, bubbles: true, composed: true }));
    this.focusOn(".booker-main h2");
  }

  /** Somebody was faster: what was typed stays, and fresh times are shown. */
  async onGone() {
    const time = clock(this.slot.start_at);
    const taken = ["slot_already_booked", "time_taken"].includes(this.refusal.reason);
    this.message = taken ? t("book.taken", { time }) : `${sentenceOf(this.refusal)} ${t("book.free_now")}`;
    Object.assign(this, { slot: null, refusal: null });
    this.setAddress({ push: false });
    this.focusOn(".times-title");
  }

  onWait(slot) {
    Object.assign(this, { waiting: { slot }, refusal: null });
    this.focusOn(".notice h2");
  }

  join = async () => {
    const { slot } = this.waiting;
    const body = { slot_id: slot.id, service_id: this.service?.id };
    if (await this.attempt(() => askSignedIn("POST", "/bookings/wait-list", { body }))) this.waiting = { slot, joined: true };
  };

  async onCalendar() {
    const { booking } = this;
    await this.attempt(async () => {
      const file = booking.asGuest ? calendarFile(booking, this.profile, this.service) : await askFileSignedIn(`/bookings/${booking.id}/calendar.ics`);
      save(file, `${booking.id}.ics`);
    });
  }
}
customElements.define("booking-book", Book);

const PHONE = "\\+[0-9\\s\\(\\)\\.\\-]{7,25}";

/** What `GET /bookings/{id}/calendar.ics` gives to whom it knows: the same event, since the UID is the same. */
function calendarFile(booking, profile, service) {
  const stamp = (instant) => instant.replaceAll(/[-:]|\.\d+/g, "");
  const text = (value) => value.replaceAll(/[\\;,]/g, (sign) => `\\${sign}`).replaceAll(/\s+/g, " ");
  const title = [service?.title, profile.display_name].filter(Boolean).map(text).join(" · ");
  return new Blob([[
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Booking API//Pages//EN", "BEGIN:VEVENT", `UID:${booking.id}@booking-api`,
    `DTSTAMP:${stamp(booking.created_at)}`, `DTSTART:${stamp(booking.slot_start_at)}`, `DTEND:${stamp(booking.slot_end_at)}`,
    `SUMMARY:${title || t("book.title")}`, "END:VEVENT", "END:VCALENDAR", "",
  ].join("\r\n")], { type: "text/calendar" });
}
