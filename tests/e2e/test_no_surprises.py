"""A client's month without surprises: forecast, alert, other tariffs and rounding on the usage page."""

from typing import Any

from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Site, log_in

CLIENT = "client@northwind.example"


def shell(site: Site, code: str) -> None:
    done = site.manage("shell", "-c", code)
    assert done.returncode == 0, done.stderr.decode()


def test_the_client_sees_what_the_month_will_cost_and_is_told_before_it_does(
    site: Site, new_page: Any, passwords: dict[str, str]
) -> None:
    shell(site, "from tests.e2e.usage_history import fill; fill('northwind')")
    page = new_page()
    log_in(page, CLIENT, passwords[CLIENT])
    page.goto("/client/alerts")
    page.get_by_label("Watch", exact=True).select_option(label="an amount")
    page.get_by_label("Tell", exact=True).select_option(label="when it is reached")
    page.get_by_label("Of this amount before tax").fill("5")
    page.get_by_role("button", name="Add alert").click()
    expect(page.get_by_role("cell", name="100% of £5.00 reached", exact=True)).to_be_visible()
    shell(site, "from billing.tasks import watch; watch()")
    page.goto("/client/usage")
    banner = page.get_by_role("list", name="Alerts")
    expect(banner.get_by_text("100% of £5.00 reached")).to_be_visible()
    forecast = page.get_by_role("region", name="What the month is expected to cost")
    # the minimum of the demo's tariff is more than a call a day costs
    expect(forecast.get_by_text("£450.00").first).to_be_visible()
    expect(forecast.get_by_text("The minimum of £450.00 is not expected to be reached")).to_be_visible()
    others = page.get_by_role("region", name="This month under the other tariffs")
    expect(others.get_by_role("cell", name="Northwind Plus")).to_be_visible()
    expect(others.get_by_text("fixed fees +£210.00")).to_be_visible()
    expect(page.get_by_role("region", name="What the rounding cost you")).to_be_visible()
    assert violations(page) == []
    banner.get_by_role("button", name="Put away").press("Enter")
    expect(page.get_by_text("100% of £5.00 reached")).to_have_count(0)
