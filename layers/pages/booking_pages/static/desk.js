// The desk: who is signed in as a specialist sees the day, the week and the bookings, and says what is offered when.

import { html, nothing } from "./lit.js";
import { addressOf } from "./api.js";
import "./desk-account.js";
import "./desk-booking.js";
import "./desk-dates.js";
import "./desk-day.js";
import "./desk-hours.js";
import "./desk-new.js";
import "./desk-profile.js";
import "./desk-services.js";
import "./desk-share.js";
import "./desk-week.js";
import { DeskElement } from "./desk-element.js";
import { notice, skeleton } from "./element.js";
import { askSignedIn, isSignedIn, onChange, signOut } from "./session.js";
import { addTexts, t } from "./texts.js";
import { cityOf, here, isDay, today } from "./time.js";

await addTexts("desk");

const VIEWS = ["day", "week", "hours", "dates", "services", "profile", "share"];
const NEW = "new";
const REFRESH_MS = 5 * 60_000;

/** Views and what is open in them stand in the address: `#week/2026-03-02/bkg_…`; `new` in the last place is a new booking. */
class Desk extends DeskElement {
  static properties = { ...DeskElement.properties, place: { state: true }, changes: { state: true } };

  constructor() {
    super();
    Object.assign(this, { place: placeOf(location.hash), changes: 0, views: new Map() });
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", () => this.arrive());
    document.addEventListener("visibilitychange", () => this.refresh());
    setInterval(() => this.refresh(), REFRESH_MS);
    addEventListener("beforeunload", (event) => this.hasUnsaved(...VIEWS) && event.preventDefault());
    onChange(() => this.requestUpdate());
    if (isSignedIn()) this.open();
  }

  /** Has the view read anew, since others book meanwhile. */
  refresh() {
    if (this.profile && document.visibilityState === "visible") this.changes += 1;
  }

  arrive() {
    const before = this.place;
    this.place = placeOf(location.hash);
    if (before.view !== this.place.view) this.focusOnTitle();
  }

  async focusOnTitle() {
    await this.updateComplete;
    await this.renderRoot.querySelector("main").firstElementChild.focusOn("h1");
  }

  open() {
    return this.read(async (signal) => {
      const profile = await askSignedIn("GET", "/specialists/me", { signal }).catch((error) => {
        if (error.reason === "specialist_profile_not_found") this.forget();
        throw error;
      });
      if (this.profile && this.profile.id !== profile.id) {
        this.forget();
        await this.updateComplete; // what is open goes, too
      }
      this.profile = profile;
    });
  }

  /** Nothing of a specialist stays for who comes next. */
  forget() {
    Object.assign(this, { profile: null, views: new Map() });
  }

  leave() {
    this.forget();
    this.refusal = null;
    signOut();
    this.focusOnTitle();
  }

  render() {
    return html`<a class="skip" href="#main" @click=${this.skip}>${t("desk.skip")}</a>
      <header class="top desk-top">
        ${this.profile ? html`<a href=${addressOf(`/book/${this.profile.id}`)}><strong>${this.profile.display_name || t("desk.title")}</strong></a>` : html`<strong>${t("desk.title")}</strong>`}
        ${isSignedIn() ? html`<button type="button" class="plain" @click=${this.leave}>${t("action.sign_out")}</button>` : nothing}
      </header>
      ${this.profile ? this.nav() : nothing}
      <main class="wide" id="main" tabindex="-1">${this.profile ? this.view() : this.before()}</main>
      ${this.profile && !isSignedIn() ? this.signInAgain() : nothing}`;
  }

  skip(event) {
    event.preventDefault();
    this.focusOn("#main");
  }

  nav() {
    return html`<nav class="desk-nav" aria-label=${t("desk.title")}><ul>${VIEWS.map((view) => html`<li>
      <a href="#${view}" aria-current=${view === this.place.view ? "page" : nothing}>${t(`desk.view_${view}`)}${view !== this.place.view && this.hasUnsaved(view) ? html` <span class="small">${t("desk.unsaved")}</span>` : nothing}</a></li>`)}</ul></nav>`;
  }

  before() {
    if (!isSignedIn()) return html`<booking-desk-account @signed-in=${() => this.open()}></booking-desk-account>`;
    if (this.refusal?.reason === "specialist_profile_not_found") {
      return html`<div class="stack form-width"><h1 tabindex="-1">${t("desk.no_desk")}</h1><p>${t("desk.no_desk_hint")}</p>
        <button type="button" @click=${this.leave}>${t("action.sign_out")}</button></div>`;
    }
    if (this.refusal) return html`<h1 class="unseen">${t("desk.title")}</h1>${notice(this.refusal, () => this.readAgain())}`;
    return html`<h1 class="unseen">${t("desk.title")}</h1>${this.slow ? skeleton(6) : nothing}`;
  }

  /** The session has ended while something may be half typed: it stays where it is, below. */
  signInAgain() {
    return html`<dialog aria-labelledby="again" @cancel=${(event) => event.preventDefault()}>
      <div class="stack"><h2 id="again">${t("desk.sign_in_again")}</h2>
        <booking-sign-in @signed-in=${() => this.open()}></booking-sign-in>
        <button type="button" class="plain" @click=${this.leave}>${t("action.sign_out")}</button></div>
    </dialog>`;
  }

  /** The element of a view: a new one, unless it was left with something in it that is not saved. */
  viewOf(view) {
    for (const other of this.views.keys()) if (other !== view && !this.hasUnsaved(other)) this.views.delete(other);
    if (!this.views.has(view)) this.views.set(view, this.newView(view));
    return this.views.get(view);
  }

  /** What it has saved counts also when it was left before the answer. */
  newView(view) {
    const element = document.createElement(`booking-desk-${view}`);
    element.addEventListener("saved", ({ detail }) => { if (this.profile?.id === detail.id) this.profile = detail; });
    return element;
  }

  hasUnsaved(...views) {
    return views.some((view) => this.views.get(view)?.isUnsaved);
  }

  view() {
    const { profile, changes, place } = this;
    const day = place.day ?? today(profile.time_zone);
    const changed = () => { this.changes += 1; };
    const close = () => {
      if (this.place.open === place.open) location.hash = [place.view, place.day].filter(Boolean).join("/");
    };
    return html`${Object.assign(this.viewOf(place.view), { profile, changes, day })}
      ${here === profile.time_zone ? nothing : html`<p class="small zone">${t("desk.zone", { city: cityOf(profile.time_zone) })}</p>`}
      ${place.open === NEW ? html`<booking-desk-new .profile=${profile} .day=${day} @changed=${changed} @closed=${close}></booking-desk-new>` : nothing}
      ${place.open && place.open !== NEW ? html`<booking-desk-booking .profile=${profile} .booking=${place.open} @changed=${changed} @closed=${close}></booking-desk-booking>` : nothing}`;
  }
}

function placeOf(hash) {
  const [view, day, open = ""] = hash.slice(1).split("/");
  return { view: VIEWS.includes(view) ? view : "day", day: isDay(day) ? day : null, open: /^(new|bkg_[\w-]+)$/.test(open) ? open : null };
}

customElements.define("booking-desk", Desk);
