// The services in a table: adding one, changing one, switching one off.

import { html, nothing, repeat } from "./lit.js";
import { DeskElement } from "./desk-element.js";
import { field, notice, skeleton, summary } from "./element.js";
import { askAllSignedIn, askSignedIn } from "./session.js";
import { money, t } from "./texts.js";
import { duration } from "./time.js";

const PRICE = "[0-9]{1,8}([.,][0-9]{1,2})?";

class DeskServices extends DeskElement {
  static properties = { ...DeskElement.properties, services: { state: true }, edited: { state: true } };

  connectedCallback() {
    super.connectedCallback();
    this.open();
  }

  open() {
    return this.read(async (signal) => { this.services = await askAllSignedIn("/specialists/me/services", { signal }); });
  }

  render() {
    return html`<div class="row spread view-head"><h1 tabindex="-1">${t("desk.view_services")}</h1>
        <button type="button" @click=${() => this.edit({})}>${t("desk.add_service")}</button></div>
      ${this.edited ? nothing : notice(this.refusal, this.services ? undefined : () => this.readAgain())}
      ${this.services ? this.table() : this.slow ? skeleton(4) : nothing}
      ${this.edited ? this.dialog() : nothing}`;
  }

  table() {
    if (!this.services.length) return html`<p class="empty">${t("desk.no_services")}</p>`;
    return html`<table class="services"><thead><tr>
        <th scope="col">${t("desk.service")}</th><th scope="col">${t("desk.duration")}</th><th scope="col">${t("desk.price")}</th>
        <th scope="col">${t("desk.breaks")}</th><th scope="col">${t("desk.offered")}</th><th scope="col"><span class="unseen">${t("desk.edit")}</span></th>
      </tr></thead><tbody>${repeat(this.services, ({ id }) => id, (service) => this.row(service))}</tbody></table>`;
  }

  row(service) {
    const { title, description, duration_minutes: minutes, price, currency, buffer_before_minutes: before, buffer_after_minutes: after, is_active: active } = service;
    const breaks = [before && t("desk.break_before", { time: duration(before) }), after && t("desk.break_after", { time: duration(after) })].filter(Boolean);
    return html`<tr class=${active ? "" : "inactive"}>
      <th scope="row">${title}${description ? html`<p class="small">${description}</p>` : nothing}</th>
      <td data-name=${t("desk.duration")}>${duration(minutes)}</td>
      <td data-name=${t("desk.price")} class="number">${money(price, currency)}</td>
      <td data-name=${t("desk.breaks")}>${breaks.join(", ") || t("desk.no_breaks")}</td>
      <td data-name=${t("desk.offered")}><label class="check"><input type="checkbox" role="switch" aria-label=${t("desk.offer", { title })} .checked=${active}
        @change=${(event) => this.toggle(service, event.target)}><span aria-hidden="true">${t(active ? "desk.on" : "desk.off_word")}</span></label></td>
      <td><button type="button" class="quiet" aria-label=${t("desk.edit_service", { title })} @click=${() => this.edit(service)}>${t("desk.edit")}</button></td>
    </tr>`;
  }

  edit(service) {
    Object.assign(this, { edited: service, problems: {}, refusal: null });
  }

  async toggle({ id }, box) {
    const body = { is_active: box.checked };
    const well = await this.attempt(async () => this.put(await askSignedIn("PATCH", `/specialists/me/services/${id}`, { body })));
    if (!well) box.checked = !body.is_active;
  }

  put(service) {
    const isThere = this.services.some(({ id }) => id === service.id);
    this.services = isThere ? this.services.map((other) => (other.id === service.id ? service : other)) : [...this.services, service];
  }

  dialog() {
    const { edited: service, problems } = this;
    const labels = {
      title: t("desk.service_title"), description: t("desk.description"), duration_minutes: t("desk.duration_minutes"), price: t("desk.price"),
      buffer_before_minutes: t("desk.buffer_before"), buffer_after_minutes: t("desk.buffer_after"),
    };
    const number = (name, min, max, fallback) => field({ name, label: labels[name], type: "number", inputmode: "numeric", min, max, required: true,
      value: String(service[name] ?? fallback), error: problems[name] });
    return html`<dialog aria-labelledby="service-title" @close=${() => { this.edited = null; }}>
      <form class="stack" novalidate @submit=${this.onSubmit}>
        <h2 id="service-title">${service.id ? t("desk.edit_service", { title: service.title }) : t("desk.add_service")}</h2>
        ${summary(problems, labels)}${notice(this.refusal)}
        ${field({ name: "title", label: labels.title, required: true, minlength: 2, maxlength: 120, value: service.title, error: problems.title })}
        ${field({ name: "description", label: labels.description, rows: 2, maxlength: 500, value: service.description ?? "", error: problems.description })}
        <div class="pair">${number("duration_minutes", 5, 480, 30)}
          ${field({ name: "price", label: labels.price, inputmode: "decimal", pattern: PRICE, required: true, value: service.price ?? "", error: problems.price })}</div>
        <div class="pair">${number("buffer_before_minutes", 0, 240, 0)}${number("buffer_after_minutes", 0, 240, 0)}</div>
        <div class="row"><button aria-busy=${Boolean(this.busy)}>${t(service.id ? "desk.save_service" : "desk.add_service")}</button>
          <button type="button" class="quiet" @click=${this.closeDialog}>${t("desk.do_not")}</button></div>
      </form></dialog>`;
  }

  async onSubmit(event) {
    event.preventDefault();
    const typed = this.typedInto(event.target);
    if (!typed) return;
    const numbers = ["duration_minutes", "buffer_before_minutes", "buffer_after_minutes"].map((name) => [name, Number(typed[name])]);
    const body = { title: typed.title, description: typed.description || null, price: typed.price.replace(",", "."), ...Object.fromEntries(numbers) };
    const { id } = this.edited;
    const isUnanswered = this.refusal?.status === 0;
    const well = await this.attempt(async () => {
      if (id) this.put(await askSignedIn("PATCH", `/specialists/me/services/${id}`, { body }));
      else if (!isUnanswered || !await this.isAddedAlready(body)) this.put(await askSignedIn("POST", "/specialists/me/services", { body }));
    });
    if (well) this.closeDialog();
  }

  /** Whether a new service of that title has come: then it was only the answer that got lost. */
  async isAddedAlready({ title }) {
    const known = this.services.map(({ id }) => id);
    this.services = await askAllSignedIn("/specialists/me/services");
    return this.services.some((service) => !known.includes(service.id) && service.title === title);
  }
}
customElements.define("booking-desk-services", DeskServices);
