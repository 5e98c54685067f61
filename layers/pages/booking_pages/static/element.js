// What every element of the pages stands on, and the small pieces that they share.

import { LitElement, html, nothing } from "./lit.js";
import { known, t } from "./texts.js";

const QUIET_MS = 150;

/** An element in the page's own tree, so that one stylesheet, labels and autofill reach it; its content was a skeleton. */
export class PageElement extends LitElement {
  static properties = { refusal: { state: true }, busy: { state: true }, slow: { state: true }, problems: { state: true } };

  constructor() {
    super();
    this.problems = {};
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  /**
   * Runs `work` for the visitor: `busy` while it goes on, `slow` from 150 ms on (show a skeleton then, not before),
   * `refusal` when it was refused. Answers whether it went well; a second press meanwhile does nothing.
   */
  async attempt(work) {
    if (this.busy) return false;
    Object.assign(this, { busy: true, refusal: null });
    const timer = setTimeout(() => { this.slow = true; }, QUIET_MS);
    try {
      await work();
      return true;
    } catch (error) {
      if (!error.reason) throw error;
      this.refusal = error;
      return false;
    } finally {
      clearTimeout(timer);
      Object.assign(this, { busy: false, slow: false });
    }
  }

  /**
   * Reads what is to be shown; a later read takes the place of this one. `slow` and `refusal` as in `attempt`;
   * `this.readAgain()` repeats it.
   */
  async read(work) {
    this.reading?.abort();
    this.reading = new AbortController();
    const { signal } = this.reading;
    const timer = setTimeout(() => { this.slow = true; }, QUIET_MS);
    this.readAgain = () => this.read(work);
    this.refusal = null;
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!error.reason) throw error;
      this.refusal = error;
    } finally {
      clearTimeout(timer);
      if (!signal.aborted) this.slow = false;
    }
  }

  /** What was typed into a form that is filled in well; otherwise says what is not (`problems`), and answers null. */
  typedInto(form, more = {}) {
    this.problems = { ...problemsOf(form.elements), ...more };
    if (!Object.keys(this.problems).length) return Object.fromEntries(new FormData(form));
    this.focusOn(".notice");
    return null;
  }

  /** Moves the focus to what matches once it is there, such as the heading of what came next. */
  async focusOn(selector) {
    await this.updateComplete;
    this.renderRoot.querySelector(selector)?.focus();
  }
}

/** The sentence for people of a refusal. */
function sentenceOf(refusal) {
  const key = `error.${refusal.reason}`;
  if (known(key)) return t(key, { seconds: refusal.retryAfter ?? 60 });
  return t(refusal.status >= 500 || refusal.status === 0 ? "error.internal_error" : "error.unknown");
}

/** Refusals of a time that was offered a moment ago. */
const GONE = ["slot_already_booked", "slot_not_found", "slot_started", "slot_too_soon", "service_not_offered", "time_taken"];

/** What to say above fresh times where the one that was asked for has gone; undefined of every other refusal. */
export function goneInWords(refusal, time) {
  if (!GONE.includes(refusal?.reason)) return undefined;
  const isTaken = ["slot_already_booked", "time_taken"].includes(refusal.reason);
  return isTaken ? t("book.taken", { time }) : `${sentenceOf(refusal)} ${t("book.free_now")}`;
}

/** What went wrong, with a button to try again where `retry` is given, and the id for support in small print. */
export function notice(refusal, retry) {
  if (!refusal) return nothing;
  return html`<div class="notice" role="alert">
    <p>${sentenceOf(refusal)}</p>
    ${retry ? html`<button type="button" class="quiet" @click=${retry}>${t("action.retry")}</button>` : nothing}
    ${refusal.requestId ? html`<p class="small">${t("error.request_id")} <code>${refusal.requestId}</code></p>` : nothing}
  </div>`;
}

/**
 * A labelled input. `about`: { name, label, value, type, autocomplete, inputmode, required, hint, error, maxlength, rows }.
 * Its error stands beside it and is read with it.
 */
export function field({ name, label, value = "", type = "text", hint, error, rows, required = false, ...about }) {
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ");
  const input = rows
    ? html`<textarea id=${name} name=${name} rows=${rows} maxlength=${about.maxlength ?? 500} .value=${value}
        aria-describedby=${described || nothing} aria-invalid=${error ? "true" : nothing}></textarea>`
    : html`<input id=${name} name=${name} type=${type} .value=${value} ?required=${required}
        autocomplete=${about.autocomplete ?? "off"} inputmode=${about.inputmode ?? nothing}
        pattern=${about.pattern ?? nothing} min=${about.min ?? nothing} max=${about.max ?? nothing} step=${about.step ?? nothing}
        minlength=${about.minlength ?? nothing} maxlength=${about.maxlength ?? 320}
        aria-describedby=${described || nothing} aria-invalid=${error ? "true" : nothing}>`;
  return html`<div class="field">
    <label for=${name}>${label}${required ? nothing : html` <span class="small">${t("form.optional")}</span>`}</label>
    ${hint ? html`<p class="small" id="${name}-hint">${hint}</p>` : nothing}
    ${error ? html`<p class="error" id="${name}-error">${error}</p>` : nothing}
    ${input}
  </div>`;
}

/** What is wrong with inputs, by their names: { name: sentence }. The browser knows what is wrong, we say it. */
export function problemsOf(inputs) {
  const problems = {};
  for (const input of inputs) {
    if (!input.name || input.validity.valid) continue;
    const reason = Object.keys(ValidityState.prototype).find((name) => input.validity[name]);
    const key = [`form.${input.name}.${reason}`, `form.${input.type}.${reason}`, `form.${reason}`].find(known) ?? "form.invalid";
    problems[input.name] = t(key, { min: input.min || input.minLength, max: input.max || input.maxLength });
  }
  return problems;
}

/** A labelled input for a telephone number, which people write with spaces, dots and brackets. */
export const phoneField = (about) => field({ type: "tel", inputmode: "tel", maxlength: 30, pattern: PHONE, ...about });

/** The number as the API takes it (E.164); undefined of nothing. */
export const phoneOf = (typed) => typed.replaceAll(/[\s().-]/g, "") || undefined;

const PHONE = "\\s*\\+[\\s\\(\\)\\.\\-]*[1-9]([\\s\\(\\)\\.\\-]*[0-9]){6,14}[\\s\\(\\)\\.\\-]*";

/** One summary of a form's problems, above it; each leads to its field. */
export function summary(problems, labels) {
  const names = Object.keys(problems);
  if (!names.length) return nothing;
  const jump = (event) => {
    event.preventDefault();
    event.target.getRootNode().getElementById(event.target.dataset.name).focus();
  };
  return html`<div class="notice" role="alert" tabindex="-1">
    <p>${t("form.problems", { n: names.length })}</p>
    <ul>${names.map((name) => html`<li><a href="#${name}" data-name=${name} @click=${jump}>${labels[name]}</a>: ${problems[name]}</li>`)}</ul>
  </div>`;
}

/** Whom one books with, in a sentence. */
export const nameOf = (profile) => profile.display_name || t("book.the_specialist");

/** A quiet shape of what is coming; screen readers are told in words. */
export function skeleton(lines = 3) {
  return html`<div class="skeleton" role="status"><span class="unseen">${t("state.loading")}</span>
    ${Array.from({ length: lines }, () => html`<div class="bone"></div>`)}</div>`;
}

/** Has the browser save a file. */
export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
