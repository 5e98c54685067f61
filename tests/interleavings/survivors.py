"""Terms of conditions that can be left out without any order showing it, each with the reason."""

from collections.abc import Mapping

_GUESTS = "no guest tries another's booking: tests/integration/test_guests.py"
_IDS = "ids are 128 random bits, and no two that are drawn here are the same"
_ACCOUNTS = "of what an account's change means to slots; tests/integration/test_deactivation.py holds it"
_ERASED = "of what erasing means to an account; tests/integration/test_privacy.py holds it"
_UNCHANGED = "says again that the booking is unchanged: who holds the slot, or the hour, would have changed with it"
_IN_LINE = "an entry and its place in the line come and go in one write, and the entry's own condition fails with it"
_MINUTES = "whatever starts at that moment has taken its minutes, and claiming them fails with it"
_SOONER = "without it, it is as if the promotion had been written before the change that was under way beside it"
_CROWD = "set only while more wait than one write can promote; tests/integration/test_slots_from_hours.py holds it"
_RECOVERY = "another term of the write fails with it, or it is as if this write had come before the other"
_CLOCK = "no clock moves between the operations; tests/integration/test_recovery.py and test_accounts.py hold it"
_BOOKED = "only a booked slot is waited for, which nobody deletes, so no other slot can have come to its place"

SURVIVORS: Mapping[str, str] = {
    "bookings.create.book: put BookingItem if attribute_not_exists (booking_id)": _IDS,
    "bookings.create.book < bookings.create.create_booking: put BookingItem if attribute_not_exists (booking_id)": _IDS,
    "accounts.register.create_account: put UserItem if attribute_not_exists (user_id)": _IDS,
    "accounts.change_access._change < accounts.change_access.<lambda>: "
    "update UserItem if attribute_not_exists (erased_at)": (
        "erasing deactivates in the same write; for who is activated and erased between an admin's read and write"
    ),
    "accounts.erase.mark_erased: update UserItem if attribute_not_exists (erased_at)": (
        "erasing deactivates in the same write; for a deactivated account that the operator erases twice at once"
    ),
    "accounts.erase.mark_erased: update UserItem if is_active = …": _ERASED,
    "accounts.erase.mark_erased: update UserItem if password_hash = …": _ERASED,
    "accounts.erase.mark_erased: update UserItem if role = …": _ERASED,
    "accounts.erase.mark_erased: update UserItem if email_verified = …": "no address becomes unverified again",
    "accounts.erase.mark_erased: "
    "update UserItem if (email_verified = … OR attribute_not_exists (email_verified))": _ERASED,
    "accounts.erase.delete_account < privacy.erase.<lambda>: delete UserItem if attribute_exists (erased_at)": _ERASED,
    "accounts.erase.delete_account < privacy.erase.<lambda>: "
    "delete EmailClaimItem if (attribute_not_exists (holder) OR holder = …)": (
        "an address has one holder until its account goes, with the claim"
    ),
    "bookings.erase._change_each < bookings.erase._cancel: update BookingItem if attribute_exists (booking_id)": (
        "bookings are never deleted"
    ),
    "bookings.erase._change_each < bookings.erase._forget: update BookingItem if attribute_exists (booking_id)": (
        "bookings are never deleted"
    ),
    "slots.promotion_plan._write_slot < slots.promotion_plan.write_in: "
    "update SlotItem if attribute_not_exists (joins)": (
        "a plan frees a slot that nobody has ever joined only where it is closed, and then promotes nobody to it"
    ),
    "slots.erase._erase_in < slots.erase._erase: update SlotItem if attribute_exists (booking_id)": _ERASED,
    "bookings.confirm.confirm_booking: update BookingItem if (client_id = … OR specialist_id = …)": (
        "nobody tries who may not: tests/integration/test_holds.py"
    ),
    "bookings.confirm.confirm_booking: update BookingItem if booking_id = …": _GUESTS,
    "bookings.confirm.confirm_booking: update BookingItem if guest_id = …": _GUESTS,
    "bookings.take_over._take_over < bookings.take_over.<lambda>: update BookingItem if client_id = …": (
        "only one account has the address, and it takes over once more what it has: tests/integration/test_guests.py"
    ),
    "bookings.take_over._take_over < bookings.take_over.<lambda>: update BookingItem if slot_id = …": (
        "for a booking from hours that moves to a slot that was opened by hand: tests/integration/test_guests.py"
    ),
    "bookings.take_over._take_over < bookings.take_over.<lambda>: update SlotItem if booking_id = …": _UNCHANGED,
    "bookings.take_over._take_over < bookings.take_over.<lambda>: check UserItem if is_active = …": (
        "nobody deactivates the account here: tests/integration/test_guests.py"
    ),
    "bookings.attendance.set_attendance: update BookingItem if specialist_id = …": (
        "nobody tries who may not: tests/integration/test_attendance.py"
    ),
    "bookings.attendance.set_attendance: update BookingItem if attribute_not_exists (hold_expires_at)": (
        "of no hold that has lapsed here: tests/integration/test_attendance.py"
    ),
    "bookings.free_time._book < bookings.free_time.free_time: "
    "put BookingItem if attribute_not_exists (booking_id)": _IDS,
    "bookings.free_time._book < bookings.free_time._release_slot: "
    "put BookingItem if attribute_not_exists (booking_id)": _IDS,
    "bookings.reschedule.compose < bookings.free_time.free_time: update BookingItem if slot_id = …": _UNCHANGED,
    "bookings.reschedule.compose < bookings.free_time.free_time: update BookingItem if client_id = …": (
        "guests meet nobody here where a plan is made; without a plan it is missed"
    ),
    "bookings.reschedule.compose < bookings.free_time._free_without_plan: "
    "update BookingItem if slot_id = …": _UNCHANGED,
    "slots.table.release < bookings.free_time._release_slot: update SlotItem if booking_id = …": _UNCHANGED,
    "slots.table.release_started < bookings.expire._expire: update SlotItem if booking_id = …": _UNCHANGED,
    "slots.table.release_started < bookings.free_time._release_slot: update SlotItem if booking_id = …": _UNCHANGED,
    "slots.promotion.promote < bookings.free_time._release_slot: update SlotItem if booking_id = …": _UNCHANGED,
    "slots.promotion_plan._write_slot < slots.promotion_plan.write_in: update SlotItem if booking_id = …": _UNCHANGED,
    "slots.promotion.promote < bookings.free_time._release_slot: update SlotItem if waiters >= …": _IN_LINE,
    "slots.wait_list._join < slots.wait_list.<lambda>: put LineItem if attribute_not_exists (slot_id)": _IN_LINE,
    "slots.wait_list_table.delete_entry < slots.promotion.leave_promoted: "
    "delete LineItem if attribute_exists (slot_id)": _IN_LINE,
    "slots.wait_list_table.delete_entry < slots.wait_list._end: "
    "delete LineItem if attribute_exists (slot_id)": _IN_LINE,
    "slots.wait_list._end < slots.wait_list._end: check UserItem if (NOT is_active = …)": _ACCOUNTS,
    "slots.wait_list._end < slots.wait_list.drop_inactive: check UserItem if (NOT is_active = …)": _ACCOUNTS,
    "slots.wait_list._leave_slot < slots.wait_list._end: update SlotItem if slot_id = …": _BOOKED,
    "slots.opened._open < slots.opened.<lambda>: put SlotItem if attribute_not_exists (specialist_id)": _MINUTES,
    "slots.time_off.create_time_off: put TimeOffItem if attribute_not_exists (specialist_id)": _MINUTES,
    "slots.promotion_plan._write_slot < slots.promotion_plan.write_in: update SlotItem if slot_id = …": (
        "a slot in its place would be another one, whose minutes have changed the versions of hours that are asked for"
    ),
    "slots.promotion_plan._write_slot < slots.promotion_plan.write_in: update SlotItem if (NOT waiters > …)": (
        "who has joined since has raised `joins`; kept for slots that were waited for before there was such a number"
    ),
    "slots.promotion_plan._write_slot < slots.promotion_plan.write_in: "
    "update SlotItem if attribute_not_exists (closed)": (
        "only where a plan books the slot that it frees while its specialist is deactivated; `promote` asks for it, too"
    ),
    "slots.wait_list._wait_in_slot < slots.wait_list._join: "
    "update SlotItem if (attribute_not_exists (closed) OR attribute_exists (booking_id))": (
        "a slot that was seen free is deleted, not closed, when its specialist leaves; of others it asks who has them"
    ),
    "specialists.profiles.check_open_in < slots.promotion_plan.write_in: "
    "check ProfileItem if attribute_not_exists (closed)": _SOONER,
    "specialists.profiles.check_open_in < bookings.delete.compose: "
    "check ProfileItem if attribute_not_exists (closed)": _SOONER,
    "specialists.services.check_offered_in < slots.promotion_plan.write_in: "
    "check ServiceItem if (attribute_not_exists (is_active) OR is_active = …)": _SOONER,
    "specialists.services.check_offered_in < slots.promotion_plan.write_in: "
    "check ServiceItem if attribute_exists (service_id)": "services are never deleted",
    "bookings.delete.compose < bookings.free_time._free_without_plan: "
    "delete TimeOffItem if attribute_not_exists (ended)": _CROWD,
    "bookings.delete.compose < bookings.free_time.free_time: "
    "delete TimeOffItem if attribute_not_exists (ended)": _CROWD,
    "slots.close._close_as_it_stands < slots.close._close: update SlotItem if attribute_exists (booking_id)": _ACCOUNTS,
    "slots.close._close_as_it_stands < slots.close._close: update SlotItem if slot_id = …": _ACCOUNTS,
    "slots.close._reopen < slots.close._for_each_to_come: update SlotItem if slot_id = …": _ACCOUNTS,
    "slots.opened.delete_in < slots.close._close_as_it_stands: delete SlotItem if slot_id = …": _ACCOUNTS,
    "specialists.profiles.check_closed_in < slots.close._close_as_it_stands: "
    "check ProfileItem if attribute_exists (closed)": _ACCOUNTS,
    "specialists.profiles.check_open_in < slots.close._reopen: "
    "check ProfileItem if attribute_not_exists (closed)": _ACCOUNTS,
    "specialists.profiles.open_in < accounts.change_access._change_profile_in: "
    "update ProfileItem if display_name = …": _ACCOUNTS,
    "accounts.change_access._change < accounts.change_access.<lambda>: update UserItem if is_active = …": _ACCOUNTS,
    "accounts.change_access._change < accounts.change_access.<lambda>: update UserItem if role = …": _ACCOUNTS,
    "accounts.change_access._check_is_admin_in < accounts.change_access._change: "
    "check UserItem if is_active = …": _ACCOUNTS,
    "accounts.change_access._check_is_admin_in < accounts.change_access._change: check UserItem if role = …": _ACCOUNTS,
    **{
        f"accounts.mailed_links.spend_token < accounts.{caller}: update UserItem if is_active = …": _RECOVERY
        for caller in ("mailed_links.spend_verification", "new_password.reset_password")
    },
    **{
        f"accounts.new_password._write < accounts.new_password.{caller}: update UserItem if {term}": _RECOVERY
        for caller in ("_change", "_write")
        for term in (
            "is_active = …",
            "password_hash = …",
            "session_generation = …",
            "(session_generation = … OR attribute_not_exists (session_generation))",
        )
    },
    "accounts.sessions._rotate < accounts.sessions.refresh_session: update _Family if expires_at > …": _CLOCK,
    "accounts.sessions.carry_over_in < accounts.new_password._write: update _Family if expires_at > …": _CLOCK,
    "accounts.sessions.carry_over_in < accounts.new_password._write: update _Family if user_id = …": (
        "nobody asks with another one's session: tests/integration/test_recovery.py"
    ),
    "accounts.sessions.open_session < accounts.log_in.log_in: create _Family if attribute_not_exists (pk)": _IDS,
    "specialists.profiles.add_to < accounts.change_access._change_profile_in: "
    "put ProfileItem if attribute_not_exists (specialist_id)": _ACCOUNTS,
    "specialists.profiles.open_in < accounts.change_access._change_profile_in: "
    "update ProfileItem if attribute_not_exists (display_name)": _ACCOUNTS,
    "specialists.services.update_service: update ServiceItem if attribute_exists (specialist_id)": (
        "services are never deleted; that an unknown one is not made is in tests/integration/test_services.py"
    ),
}
