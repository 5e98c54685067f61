// Time in words that cannot be misread. Instants are what the API writes ("2026-03-03T13:30:00Z"); days are "2026-03-03".

import { language, locale, t } from "./texts.js";

export const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

const RENAMED = { Calcutta: "Kolkata", Katmandu: "Kathmandu", Saigon: "Ho Chi Minh", Rangoon: "Yangon", Kiev: "Kyiv" };
const IN_RUSSIAN = {
  Berlin: "Берлин", Kaliningrad: "Калининград", Kolkata: "Калькутта", Kyiv: "Киев", London: "Лондон", Minsk: "Минск",
  Moscow: "Москва", "New York": "Нью-Йорк", Novosibirsk: "Новосибирск", Omsk: "Омск", Paris: "Париж", Samara: "Самара",
  Vladivostok: "Владивосток", Yekaterinburg: "Екатеринбург", Almaty: "Алматы", Tbilisi: "Тбилиси", Yerevan: "Ереван",
};
/** By how much clocks go back: Lord Howe's by half an hour. */
const TURNED_BACK_BY_MS = [30 * 60_000, 60 * 60_000];
const formats = new Map();

function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key);
}

/** The day that it is in that zone at that instant. */
export function dayOf(instant, zone = here) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date(instant));
}

export const today = (zone = here) => dayOf(Date.now(), zone);

/** A day so many days later; days have no zone. */
export function plusDays(day, days) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** Whether a text, as of an address, is a day that there is. */
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && plusDays(text, 0) === text;

/** The first day of the month so many months later. */
export function plusMonths(day, months) {
  const date = new Date(`${day.slice(0, 7)}-01T12:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
}

/** Which day of the visitor's week a day is, from 0. */
export function weekdayOf(day) {
  return (new Date(`${day}T12:00:00Z`).getUTCDay() - firstDayOfWeek() + 7) % 7;
}

/** 0 for Sunday to 6, where the visitor's weeks begin. */
export function firstDayOfWeek() {
  const about = new Intl.Locale(locale);
  const { firstDay = 1 } = about.getWeekInfo?.() ?? about.weekInfo ?? {};
  return firstDay % 7;
}

/** The names of the days of the visitor's week, in order: [{ short, long }]. */
export function weekdays() {
  const sunday = "2026-03-01";
  return Array.from({ length: 7 }, (_, number) => {
    const day = plusDays(sunday, firstDayOfWeek() + number);
    return { short: inWords(day, { weekday: "short" }), long: inWords(day, { weekday: "long" }) };
  });
}

function inWords(day, options) {
  return format({ timeZone: "UTC", ...options }).format(new Date(`${day}T12:00:00Z`));
}

/** Headings begin with a capital, which some languages do not give to months and days. */
const heading = (words) => words[0].toLocaleUpperCase(locale) + words.slice(1);

/** "March 2026". */
export const monthInWords = (day) => heading(inWords(day, { month: "long", year: "numeric" }).replace(" г.", ""));

/** "Mar". */
export const monthShort = (day) => inWords(day, { month: "short" });

/** "Tuesday 3 March": a day as a heading. */
export const dayInWords = (day) => heading(inWords(day, { weekday: "long", day: "numeric", month: "long" }));

/** "3 March 2026", for lists that go over years. */
export const dateInWords = (day) => inWords(day, { day: "numeric", month: "long", year: "numeric" });

/** "14:30", or "2:30 pm" where the visitor counts to twelve; of an hour that clocks repeat "2:30 GMT+2", to tell it from the other. */
export function clock(instant, zone = here) {
  const { format: shownAt } = format({ timeZone: zone, hour: "numeric", minute: "2-digit" });
  const at = new Date(instant).getTime();
  const isShownTwice = TURNED_BACK_BY_MS.some((by) => [at - by, at + by].some((other) => shownAt(other) === shownAt(at)));
  return isShownTwice ? `${shownAt(at)} ${offsetOf(at, zone)}` : shownAt(at);
}

/** "GMT+2". */
function offsetOf(instant, zone) {
  const parts = format({ timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(instant);
  return parts.find(({ type }) => type === "timeZoneName").value;
}

/** The hour of the day in that zone, 0 to 23. */
export function hourOf(instant, zone = here) {
  return Number(new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(new Date(instant)));
}

/** Whether clocks of both zones show the same at that instant. */
export function agree(instant, zone, other = here) {
  const shown = (of) => new Intl.DateTimeFormat("en", { timeZone: of, dateStyle: "short", timeStyle: "short" }).format(new Date(instant));
  return shown(zone) === shown(other);
}

/** "Berlin", for Europe/Berlin. */
export function cityOf(zone) {
  const name = zone.split("/").at(-1).replaceAll("_", " ");
  const city = RENAMED[name] ?? name;
  return (language === "ru" && IN_RUSSIAN[city]) || city;
}

/**
 * "Tue 3 March, 14:30 to 15:15", and where the visitor's clock shows something else, whose time that is and what it is
 * for the visitor: ", Berlin time · 19:00 for you".
 */
export function span(start, end, zone = here) {
  const day = format({ timeZone: zone, weekday: "short", day: "numeric", month: "long" }).format(new Date(start));
  const there = t("time.span", { day, from: clock(start, zone), to: clock(end, zone) });
  if (agree(start, zone)) return there;
  const mine = dayOf(start, zone) === dayOf(start)
    ? clock(start)
    : `${format({ weekday: "short", day: "numeric", month: "long" }).format(new Date(start))}, ${clock(start)}`;
  return t("time.both", { there, city: cityOf(zone), mine });
}

/** "1 h 15 min". */
export function duration(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [hours && t("time.hours", { n: hours }), rest && t("time.minutes", { n: rest })].filter(Boolean).join(" ");
}
