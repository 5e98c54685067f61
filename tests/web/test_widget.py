"""The widget on a page of another origin, which the API's `CorsAllowOrigin` names."""

from playwright.sync_api import Page, expect

from tests.e2e.deployed import PARAMETERS, DeployedStack
from tests.e2e.people import People
from tests.web.booking_page import Shop, pick, shown_times, sign_in
from tests.web.conftest import Visitor, must_be_accessible

SITE = PARAMETERS["CorsAllowOrigin"]
PAGE = """<!doctype html><html lang="en"><head><title>Hair by Ann</title>
<link rel="icon" href="data:,">
<script type="module" src="{url}/widget.js"></script>
<style>body {{ font-family: Georgia; width: {width}px }} button {{ background: red; display: none }}
booking-widget {{ --booking-accent: rgb(120, 20, 90) }}</style></head>
<body><main><h1>Hair by Ann</h1><booking-widget specialist="{specialist}"></booking-widget></main></body></html>"""


def on_a_site(visitor: Visitor, stack: DeployedStack, shop: Shop, width: int = 1000) -> Page:
    page = visitor()
    body = PAGE.format(url=stack.url, specialist=shop.person.specialist_id, width=width)
    page.route(f"{SITE}/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{SITE}/")
    page.get_by_role("button", name="Haircut").click()
    return page


def test_a_shops_site_shows_free_times_in_its_own_font_and_colour_and_keeps_the_rest_to_itself(
    visitor: Visitor, stack: DeployedStack, shop: Shop
) -> None:
    page = on_a_site(visitor, stack, shop)
    time = shown_times(page)[0]
    pick(page, time)

    button = page.get_by_role("button", name=f"Book {time}")
    assert button.evaluate("(element) => getComputedStyle(element).backgroundColor") == "rgb(120, 20, 90)"
    assert button.evaluate("(element) => getComputedStyle(element).fontFamily") == "Georgia"
    expect(page.get_by_role("button", name="Sign in instead")).to_have_count(0)
    must_be_accessible(page)


def test_it_shows_steps_where_the_site_gives_it_little_room(visitor: Visitor, stack: DeployedStack, shop: Shop) -> None:
    page = on_a_site(visitor, stack, shop, width=340)

    page.get_by_role("grid").wait_for()
    expect(page.locator(".picker-times")).to_be_hidden()
    assert page.evaluate("document.querySelector('booking-widget').offsetWidth <= 340")


def test_it_uses_no_token_of_the_site_keeps_nothing_there_and_leaves_its_address_alone(
    visitor: Visitor, stack: DeployedStack, shop: Shop, people: People
) -> None:
    asked: list[str | None] = []
    page = on_a_site(visitor, stack, shop)
    sign_in(page, people.new("client"))  # a session of the pages' own form that lies in the site's storage
    page.on("request", lambda request: asked.append(request.headers.get("authorization")))
    page.reload()
    page.get_by_role("button", name="Haircut").click()
    pick(page, shown_times(page)[0])
    page.get_by_label("Name").fill("Zoë")

    assert page.url == f"{SITE}/"
    assert page.evaluate("[Object.keys(sessionStorage), localStorage.length]") == [["booking.session"], 0]
    assert set(asked) == {None}
