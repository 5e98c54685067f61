// A day's intervals, to be typed.

import { html, live, nothing } from "./lit.js";
import { t } from "./texts.js";

const ENDS_DAY = "24:00";

/**
 * `intervals`: [{ from, to }]. `name`: of the day, for who hears the labels. `faults`: as of `faultsOf`. `change`: is
 * called with the intervals as they are now. A day ends at 00:00 for whoever types, at 24:00 for the API.
 */
export function intervalsOf({ intervals, name, faults, change }) {
  const type = (number, side) => (event) => {
    const { value } = event.target;
    const time = side === "to" && value === "00:00" ? ENDS_DAY : value;
    change(intervals.map((interval, at) => (at === number ? { ...interval, [side]: time } : interval)));
  };
  const input = (interval, number, side) => html`<input type="time" class="time" step="60" required aria-label=${t(`desk.${side}`, { day: name, n: number + 1 })}
    aria-invalid=${faults[number] ? "true" : nothing} .value=${live(interval[side] === ENDS_DAY ? "00:00" : interval[side])} @change=${type(number, side)}>`;
  return html`${intervals.map((interval, number) => html`<div class="interval">
      ${input(interval, number, "from")}<span aria-hidden="true">–</span>${input(interval, number, "to")}
      <button type="button" class="plain" aria-label=${t("desk.remove_interval", { day: name, n: number + 1 })}
        @click=${() => change(intervals.filter((_, at) => at !== number))}>${t("desk.remove")}</button>
      ${faults[number] ? html`<p class="error">${t(`desk.fault_${faults[number]}`)}</p>` : nothing}
    </div>`)}
    ${intervals.length ? nothing : html`<p class="muted closed-word">${t("desk.closed")}</p>`}
    <button type="button" class="plain" aria-label=${t("desk.add_interval_to", { day: name })}
      @click=${() => change([...intervals, next(intervals)])}>${t("desk.add_interval")}</button>`;
}

/** What is likely to come next: a working day, or an afternoon. */
function next(intervals) {
  const last = intervals.at(-1);
  if (!last) return { from: "09:00", to: "17:00" };
  const begins = Math.min(Number(last.to.slice(0, 2)) + 1, 23);
  const clock = (hours) => `${String(hours).padStart(2, "0")}:00`;
  return { from: clock(begins), to: clock(Math.min(begins + 4, 24)) };
}
