"""What must hold for /docs of every service: PAGES_URLS names running ones; without it, the stand-in of this folder."""

import functools
import json
import os
import unittest
import urllib.request

from browser import Browser, Keys
from stand_in import POLICY, StandIn


def for_each_service(test):
    """Runs a test with the URL of each service, and tells which of them it failed for."""

    @functools.wraps(test)
    def run(self):
        for url in self.urls:
            with self.subTest(url=url):
                test(self, url.rstrip("/"))

    return run


class ServiceTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.urls = os.environ.get("PAGES_URLS", "").split()
        if not cls.urls:
            stand_in = StandIn(int(os.environ.get("PAGES_PORT", 0)))
            cls.addClassCleanup(stand_in.stop)
            cls.urls = [stand_in.url]
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.quit)

    def read(self, url):
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.headers, reply.read()

    def description(self, url):
        return json.loads(self.read(f"{url}/openapi.json")[1])

    @for_each_service
    def test_the_files_may_load_nothing_from_elsewhere(self, url):
        for path in ["/docs", "/docs/docs.css", "/docs/docs.js"]:
            headers, _ = self.read(url + path)
            self.assertEqual(headers["Content-Security-Policy"], POLICY, path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)
            self.assertEqual(headers["Cache-Control"], "no-cache", path)

    @for_each_service
    def test_every_operation_of_the_description_is_shown(self, url):
        described = sorted(
            f"{method.upper()} {path}" for path, item in self.description(url)["paths"].items()
            for method in item if method in ("get", "post", "put", "patch", "delete", "head", "options"))
        self.browser.open(f"{url}/docs")
        shown = self.browser.run(
            "return [...document.querySelectorAll('.operation > summary h3')].map((one) =>"
            " one.children[0].textContent + ' ' + one.children[1].textContent)")
        self.assertEqual(sorted(shown), described)

    @for_each_service
    def test_it_asks_only_its_service_and_reports_no_error(self, url):
        self.browser.open(f"{url}/docs")
        self.browser.open_all()
        self.send_health()
        self.assertEqual(self.browser.hosts(), {url.split("//")[1]})
        self.assertEqual(self.browser.console(), [])

    def send_health(self):
        """Sends GET /health from the page, and waits for the answer."""
        self.browser.until(lambda: self.browser.all(".operation"), "no operation is shown")
        operation = self.browser.run(
            "return [...document.querySelectorAll('.operation')].find((one) =>"
            " one.querySelector('.path').textContent === '/health')?.id")
        self.assertIsNotNone(operation, "the description has no /health")
        self.browser.run("document.getElementById(arguments[0]).open = true", operation)
        self.browser.one(f"[id='{operation}'] button[type=submit]").send_keys(Keys.ENTER)
        self.browser.until(
            lambda: "200 OK" in self.browser.text(f"[id='{operation}'] [aria-live=polite]"), "no answer came")

    @for_each_service
    def test_a_narrow_window_never_scrolls_sideways(self, url):
        for width in [320, 390, 1280]:
            self.browser.open(f"{url}/docs", width=width)
            self.send_health()
            self.browser.open_all()
            self.assertFalse(self.browser.is_wider_than_its_window(), f"{width} px")

    @for_each_service
    def test_axe_finds_nothing_in_light_and_dark(self, url):
        for dark in [False, True]:
            self.browser.open(f"{url}/docs", dark=dark)
            self.send_health()
            self.browser.open_all()
            self.assertEqual(self.browser.violations(), [], "dark" if dark else "light")

    @for_each_service
    def test_everything_is_reached_and_used_by_keyboard(self, url):
        self.browser.open(f"{url}/docs")
        first = self.browser.all(".operation")[0].get_attribute("id")
        self.browser.press(Keys.TAB)
        focus = "const one = document.activeElement; return [one.tagName, one.closest('.operation')?.id]"
        self.assertEqual(self.browser.run(focus), ["SUMMARY", first])
        self.browser.press(Keys.ENTER)
        self.browser.until(lambda: self.browser.all(".operation[open]"), "the Enter key opened nothing")
        reached = 0
        while self.browser.run("return document.activeElement !== document.body"):
            outline = self.browser.run(
                "const style = getComputedStyle(document.activeElement);"
                "return style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)")
            self.assertGreaterEqual(outline, 2, self.browser.run("return document.activeElement.outerHTML"))
            reached += 1
            self.assertLess(reached, 1000, "the focus does not come to an end")
            self.browser.press(Keys.TAB)
        visible = self.browser.run(
            "return [...document.querySelectorAll('summary, input, select, textarea, button, a[href], [tabindex]')]"
            ".filter((one) => one.checkVisibility()).length")
        self.assertEqual(reached, visible)

    @for_each_service
    def test_without_scripts_it_names_the_description(self, url):
        page = self.read(f"{url}/docs")[1].decode()
        self.assertRegex(page, r'(?s)<noscript>.*href="openapi\.json".*</noscript>')


if __name__ == "__main__":
    unittest.main(verbosity=2)
