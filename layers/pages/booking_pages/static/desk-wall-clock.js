// Hours as the wall clock of a zone shows them, and the bookings that lie outside of them.

import { locale } from "./texts.js";
import { clock, dayOf, plusDays } from "./time.js";

export const WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const DAY_MINUTES = 1440;
const MINUTE_MS = 60_000;

const A_MONDAY = "2026-03-02";
const parsers = new Map();

/** Which of `WEEK` a day is. */
const weekdayKey = (day) => WEEK[(new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7];

/** A day of that weekday, to be named. */
export const someDay = (weekday) => plusDays(A_MONDAY, WEEK.indexOf(weekday));

/** How many minutes after midnight the clocks of the zone show at that instant. */
export function minutesAt(instant, zone) {
  if (!parsers.has(zone)) {
    parsers.set(zone, new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  }
  const [hours, minutes] = parsers.get(zone).format(new Date(instant)).split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** Minutes after midnight of "13:30"; 1440 of "24:00". */
export function minutesOf(time) {
  const [hours, minutes] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** "1:30 pm", as the visitor writes it, for so many minutes after midnight. */
export const timeOfDay = (minutes) => clock(Date.UTC(2026, 0, 1, 0, minutes), "UTC");

/** "1 pm", or "13:00" where hours are counted to 24. */
export function hourOfDay(hour) {
  const format = new Intl.DateTimeFormat(locale, { timeZone: "UTC", hour: "numeric" });
  return format.resolvedOptions().hour12 ? format.format(Date.UTC(2026, 0, 1, hour)) : timeOfDay(hour * 60);
}

/**
 * From when to when a booking takes the clocks of its first day: [minutes, minutes], beyond 1440 where it ends later. While
 * clocks go back, it is as long as it takes.
 */
export function spanOnClock({ slot_start_at: start, slot_end_at: end }, zone) {
  const later = dayOf(start, zone) === dayOf(end, zone) ? 0 : DAY_MINUTES;
  const [from, to] = [minutesAt(start, zone), minutesAt(end, zone) + later];
  return [from, to > from ? to : from + (Date.parse(end) - Date.parse(start)) / MINUTE_MS];
}

/** The instant at which the clocks of the zone show that time of that day, the first of two; at a gap, the one before it. */
export function instantOf(day, time, zone) {
  const wall = Date.parse(`${day}T00:00:00Z`) + minutesOf(time) * MINUTE_MS;
  const shownAt = (instant) => Date.parse(`${dayOf(instant, zone)}T00:00:00Z`) + minutesAt(instant, zone) * MINUTE_MS;
  const offsets = [wall - 86_400_000, wall + 86_400_000].map((instant) => shownAt(instant) - instant);
  const found = offsets.map((offset) => wall - offset).find((instant) => shownAt(instant) === wall);
  return new Date(found ?? wall - offsets[0]).toISOString().replace(".000", "");
}

/**
 * When somebody is open. `hours`: intervals by weekday, as of a schedule. `dates`: a Map of days with intervals of their own.
 */
export const hoursOf = (day, { hours, dates }) => dates.get(day) ?? hours[weekdayKey(day)] ?? [];

/**
 * Those of the listed slots that are free and were opened by hand; `schedule` has the rules of booking, too. Slots of the hours
 * start in steps from an interval's start and have their length; what was opened by hand at such a time stands beside one that
 * counts as booked, or is listed sooner or farther ahead than the rules let clients book.
 */
export function openedByHand(slots, schedule, zone, now) {
  const listed = Map.groupBy(slots, ({ start_at: start, end_at: end }) => `${start}/${end}`);
  return slots.filter((slot) => !slot.is_booked
    && (listed.get(`${slot.start_at}/${slot.end_at}`).length > 1 || !isOfHours(slot, schedule, zone, now)));
}

function isOfHours(slot, schedule, zone, now) {
  const [start, end] = [Date.parse(slot.start_at), Date.parse(slot.end_at)];
  const isBookable = now + schedule.min_notice_minutes * MINUTE_MS <= start && start <= now + schedule.horizon_days * DAY_MINUTES * MINUTE_MS;
  if (!isBookable || end - start !== schedule.slot_minutes * MINUTE_MS) return false;
  const day = dayOf(start, zone);
  return hoursOf(day, schedule).some(({ from, to }) => {
    const [opens, closes] = [from, to].map((time) => Date.parse(instantOf(day, time, zone)));
    return opens <= start && end <= closes && (start - opens) % (schedule.step_minutes * MINUTE_MS) === 0;
  });
}

/** Spans of a day, by their start, put beside each other where they overlap: each { from, to, lane, of: how many lanes }. */
export function besideEachOther(spans) {
  let together = [];
  const places = spans.map(([from, to]) => {
    if (together.every((other) => other.to <= from)) together = [];
    const taken = together.filter((other) => other.to > from).map(({ lane }) => lane);
    const lane = [...together.keys(), together.length].find((number) => !taken.includes(number));
    together.push({ from, to, lane });
    return { from, to, lane, together };
  });
  return places.map(({ together: all, ...place }) => ({ ...place, of: Math.max(...all.map(({ lane }) => lane)) + 1 }));
}

/** The bookings that lie in the hours as they are, and no more in those that are to be. Each: { hours, dates, zone }. */
export function newlyOutside(bookings, now, then) {
  return bookings.filter((booking) => covers(booking, now) && !covers(booking, then));
}

function covers(booking, opening) {
  const [from, to] = spanOnClock(booking, opening.zone);
  const intervals = hoursOf(dayOf(booking.slot_start_at, opening.zone), opening);
  return intervals.some((interval) => minutesOf(interval.from) <= from && to <= minutesOf(interval.to));
}

/** What is wrong with a day's intervals, by their number: "missing", "reversed" or "overlap". */
export function faultsOf(intervals) {
  const faults = {};
  intervals.forEach(({ from, to }, number) => {
    const overlaps = ([other, at]) => at < number && minutesOf(other.from) < minutesOf(to) && minutesOf(from) < minutesOf(other.to);
    if (!from || !to) faults[number] = "missing";
    else if (minutesOf(from) >= minutesOf(to)) faults[number] = "reversed";
    else if (intervals.map((other, at) => [other, at]).some(overlaps)) faults[number] = "overlap";
  });
  return faults;
}

/** Intervals as they are stored: by their start. */
export const sorted = (intervals) => intervals.toSorted((one, other) => minutesOf(one.from) - minutesOf(other.from));
