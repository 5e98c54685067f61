// What is said instead where the stack sends no mail.
export default {
  "book.email_hint": "So that {name} can reach you. No mail is sent from here.",
  "book.check_mail": "Not confirmed yet",
  "book.confirm_by_mail": "No mail is sent from here. Ask {name} to confirm: only then is the time yours.",
  "book.link_in_mail": "No mail is sent from here: save the time to your calendar. To move or cancel, ask {name}.",
  "book.mail_follows": "No mail is sent from here. You find the booking among yours.",
  "book.wait_needs_account": "Sign in: if it becomes yours, you find it among your bookings.",
  "book.in_line": "You are in line for {when}. If it becomes free, it is booked for you. No mail is sent from here: look at your bookings.",
  "account.link_sent": "No mail is sent from here, so no link either. Ask whoever runs this site.",
  "manage.moved": "Your booking has been moved.",
  "manage.confirmed": "Confirmed: the time is yours.",
  "error.too_many_open_holds": "You have times that wait to be confirmed. Wait until they are, or until they have ended.",
  "desk.hears_by_mail": "No mail is sent from here: tell the client.",
  "desk.email_hint": "It stands with the booking. No mail is sent from here.",
  "desk.mail_sent": "No mail is sent from here: tell them yourself.",
  "desk.no_mail_sent": "No mail is sent from here: tell them yourself.",
};
