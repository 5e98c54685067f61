// Registers, lists a specialist's slots and books one twice, with the generated client; prints what came of it.
// The compiler holds what the document says: a reason that a response cannot have is an error, and so is a null day.
import { createClient } from "./generated/client/index.js";
import { createBooking, listSlots, logIn, registerUser } from "./generated/index.js";
import type { CreateBookingConflict, CreateBookingError } from "./generated/index.js";

declare const process: { argv: string[] };
const [, , baseUrl = "", specialistId = "", email = "", password = ""] = process.argv;

function good<Data>(answer: { data?: Data; error?: unknown }): Data {
  if (answer.data === undefined) {
    throw new Error(JSON.stringify(answer.error));
  }
  return answer.data;
}

function meaning(reason: CreateBookingConflict["error"]["reason"]): string {
  switch (reason) {
    case "slot_already_booked":
      return "somebody was faster";
    // @ts-expect-error  booking a slot is never refused for this
    case "email_taken":
      return "never";
    default:
      return reason;
  }
}

function isConflict(error: CreateBookingError): error is CreateBookingConflict {
  return error.error.code === "http_409";
}

const anybody = createClient({ baseUrl });
const user = good(await registerUser({ client: anybody, body: { email, password } }));
const session = good(await logIn({ client: anybody, body: { email, password } }));
const client = createClient({ baseUrl, auth: session.access_token });

const slots = good(await listSlots({ client: anybody, path: { id: specialistId }, query: { limit: 5 } }));
const free = slots.find((slot) => !slot.is_booked);
if (free === undefined) {
  throw new Error("no slot is free");
}
const booking = good(await createBooking({ client, body: { slot_id: free.id } }));
const again = await createBooking({ client, body: { slot_id: free.id } });
if (again.error === undefined || !isConflict(again.error)) {
  throw new Error(`not refused: ${again.response?.status}`);
}
const { reason } = again.error.error;

console.log(JSON.stringify({ user, slot: free, booking, reason, meaning: meaning(reason) }));
