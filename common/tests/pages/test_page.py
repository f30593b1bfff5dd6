"""What /docs does with a description that uses everything: run against the stand-in of this folder."""

import os
import unittest

from browser import Browser, Keys
from stand_in import StandIn


class PageTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = StandIn(int(os.environ.get("PAGES_PORT", 0)))
        cls.addClassCleanup(cls.service.stop)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.quit)

    def open(self, operation="", **how):
        self.browser.open(f"{self.service.url}/docs{'#' + operation if operation else ''}", **how)

    def send(self, operation):
        self.browser.one(f"#{operation} button[type=submit]").click()

    def wait_for(self, operation, text):
        """Waits until the outcome of an operation says this."""
        outcome = f"#{operation} [aria-live=polite]"
        self.browser.until(lambda: text in self.browser.text(outcome), f"no {text!r} in {outcome}")

    def fill(self, operation, name, text):
        field = self.browser.one(f"#{operation} input[type=text][aria-label='{name}']")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    # MARK: What it shows

    def test_title_version_and_description_are_shown(self):
        self.open()
        self.assertEqual(self.browser.text("h1"), "OrderService version 1.0.0")
        self.assertIn("asks InventoryService to reserve the stock", self.browser.text("header"))

    def test_operations_stand_under_their_tags(self):
        self.open()
        shown = self.browser.run(
            "return [...document.querySelectorAll('section')].map((one) => [one.querySelector('h2').textContent,"
            " [...one.querySelectorAll('.operation')].map((operation) => operation.id)])")
        self.assertEqual(shown, [
            ["orders", ["placeOrder", "listOrders", "readOrder"]],
            ["state", ["health", "readMetrics", "readTrace"]],
            ["administration", ["setFail", "waitLong", "breakOff"]],
        ])

    def test_fields_are_described_in_words(self):
        self.open("placeOrder")
        request = self.browser.text("#placeOrder .request")
        for part in [
            "Idempotency-Keyheader, optional", "string, 1 to 255 characters, pattern ^[!-~]+$", "Example: lunch-17",
            "X-Request-Idheader, optional", "quantityrequired", "integer, 1 to 1000", "How many of them.",
        ]:
            self.assertIn(part, request)

    def test_each_reply_tells_status_meaning_headers_and_examples(self):
        self.open("placeOrder")
        replies = self.browser.text("#placeOrder .replies")
        for part in [
            "201 Created The order is placed", "422 Unprocessable Content", "504 Gateway Timeout",
            "Idempotent-Replayed", "always true", "string or null", "may be missing",
            "Example: NotificationService is down",
        ]:
            self.assertIn(part, replies)

    def test_error_codes_are_a_list(self):
        self.open("placeOrder")
        codes = self.browser.run(
            "return [...document.querySelectorAll('#placeOrder .reply:nth-of-type(3) summary .values li')]"
            ".map((one) => one.textContent)")
        self.assertEqual(codes, ["unknown_item", "insufficient_stock", "idempotency_conflict"])

    def test_a_schema_that_contains_itself_ends(self):
        self.open("readTrace")
        table = self.browser.text("#readTrace .replies table")
        self.assertIn("resourceSpans, scopeSpans, spans, startTimeUnixNano", table)
        self.assertEqual(table.count("arrayValue, values"), 1)

    def test_no_text_becomes_markup(self):
        self.open("readOrder")
        self.fill_path("unknown")
        self.send("readOrder")
        self.wait_for("readOrder", "404 Not Found")
        self.assertIn("<img src=x", self.browser.text("header"))
        self.assertIn("<img src=x", self.browser.text("#readOrder .answer"))
        self.assertEqual(self.browser.all("img"), [])
        self.assertEqual(self.browser.driver.title, "OrderService: API documentation")

    def fill_path(self, text):
        field = self.browser.one("#readOrder input[type=text]")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    # MARK: Addresses

    def test_an_address_opens_its_operation(self):
        self.open("readOrder")
        self.assertEqual([one.get_attribute("id") for one in self.browser.all(".operation[open]")], ["readOrder"])
        self.assertEqual(self.browser.run("return document.activeElement.parentElement.id"), "readOrder")

    def test_opening_an_operation_changes_the_address(self):
        self.open()
        self.browser.one("#listOrders > summary").click()
        self.browser.until(lambda: self.browser.driver.current_url.endswith("/docs#listOrders"), "the address stays")
        self.browser.one("#listOrders > summary").click()
        self.browser.until(lambda: self.browser.driver.current_url.endswith("/docs"), "the address stays")

    def test_an_address_that_names_nothing_opens_nothing(self):
        self.open("%E0%A4%A")
        self.assertEqual(self.browser.all(".operation[open]"), [])

    # MARK: Sending

    def test_send_shows_status_time_headers_and_body(self):
        self.open("placeOrder")
        self.send("placeOrder")
        self.wait_for("placeOrder", "201 Created after ")
        answer = self.browser.text("#placeOrder .answer")
        self.assertRegex(self.browser.text("#placeOrder .outcome"), r"after \d+ ms.*the student is told")
        self.assertIn("x-request-idstand-in-1", answer)
        self.assertIn('\n  "quantity": 2,\n', answer)
        self.assertIn('"timestamp": 1.0\n', answer, "the page rewrites numbers")

    def test_optional_parameters_are_sent_only_if_they_are_chosen(self):
        self.open("listOrders")
        self.send("listOrders")
        self.wait_for("listOrders", "200 OK")
        self.fill("listOrders", "limit", "3 & 4")
        self.browser.one("#listOrders [aria-label='Send status']").click()
        self.send("listOrders")
        self.browser.until(lambda: len(self.service.requests("/orders")) == 2, "the second request did not come")
        paths = [one[1] for one in self.service.requests("/orders")]
        self.assertEqual(paths, ["/orders", "/orders?status=notified&limit=3%20%26%204"])

    def test_headers_and_the_body_are_sent_as_they_were_written(self):
        self.open("placeOrder")
        self.fill("placeOrder", "X-Request-Id", "from-the-page")
        text = '{"item": "burger\'s", "quantity": 1.50}'
        self.browser.run("const area = document.querySelector('#placeOrder textarea'); area.value = arguments[0];"
                         "area.dispatchEvent(new Event('input', { bubbles: true }))", text)
        before = len(self.service.requests("/order"))
        self.send("placeOrder")
        self.browser.until(lambda: len(self.service.requests("/order")) > before, "the request did not come")
        _, _, headers, body = self.service.requests("/order")[-1]
        self.assertEqual(body, text)
        self.assertEqual((headers["X-Request-Id"], headers["Content-Type"]), ("from-the-page", "application/json"))
        self.assertNotIn("Idempotency-Key", headers)
        self.assertEqual(self.browser.text("#placeOrder .curl"), "\n".join([
            f"curl -i '{self.service.url}/order' \\", "  -H 'X-Request-Id: from-the-page' \\",
            "  -H 'Content-Type: application/json' \\", "  -d '{\"item\": \"burger'\\''s\", \"quantity\": 1.50}'"]))

    def test_a_body_that_is_no_json_may_be_sent(self):
        self.open("placeOrder")
        self.browser.one("#placeOrder textarea").send_keys("!")
        self.assertIn("This text is not JSON", self.browser.one("#placeOrder textarea + p").text)
        self.send("placeOrder")
        self.wait_for("placeOrder", "400 Bad Request")
        self.browser.one("#placeOrder button[type=reset]").click()
        self.browser.until(lambda: self.browser.text("#placeOrder textarea + p") == "", "the note stays")

    def test_a_media_type_is_chosen_by_accept(self):
        self.open("readMetrics")
        self.browser.one("#readMetrics select").send_keys("text")
        self.send("readMetrics")
        self.wait_for("readMetrics", "200 OK")
        self.assertIn("campus_orders 12", self.browser.text("#readMetrics .answer"))

    def test_another_example_replaces_the_body(self):
        self.open("setFail")
        self.browser.one("#setFail select").send_keys("Let it work")
        self.assertIn('"enabled": false', self.browser.text("#setFail .curl"))

    def test_no_answer_is_told_in_plain_words(self):
        self.open("breakOff")
        self.send("breakOff")
        self.wait_for("breakOff", "The service did not answer.")

    def test_a_header_that_a_browser_refuses_is_named(self):
        self.open("placeOrder")
        self.fill("placeOrder", "X-Request-Id", "→")
        self.send("placeOrder")
        self.wait_for("placeOrder", "A browser cannot send this value in the header X-Request-Id.")

    def test_a_service_that_comes_back_answers_again(self):
        self.open("health")
        self.service.stop()
        self.send("health")
        self.wait_for("health", "The service did not answer.")
        self.service.start()
        self.send("health")
        self.wait_for("health", "200 OK")

    def test_the_page_can_be_loaded_again_once_the_description_is_there(self):
        command = self.browser.driver.execute_cdp_cmd
        command("Network.enable", {})
        command("Network.setBlockedURLs", {"urls": ["*/openapi.json"]})
        self.open()
        self.assertIn("could not be shown", self.browser.text("[role=alert]"))
        command("Network.setBlockedURLs", {"urls": []})
        self.browser.one("button").click()
        self.browser.until(lambda: self.browser.all(".operation"), "no operation is shown")

    def test_waiting_can_be_cancelled(self):
        self.open("waitLong")
        self.send("waitLong")
        self.wait_for("waitLong", "Waiting for the answer")
        self.browser.one("#waitLong .buttons button:nth-child(2)").send_keys(Keys.ENTER)
        self.wait_for("waitLong", "You cancelled the request.")
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "Send")

    def test_the_command_is_copied(self):
        self.open("health")
        self.browser.driver.execute_cdp_cmd("Browser.grantPermissions", {
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": self.service.url})
        self.browser.one("#health .copy button").click()
        self.browser.until(lambda: self.browser.text("#health .copy button") == "Copied", "it was not copied")
        read = "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](String(error)))"
        text = self.browser.driver.execute_async_script(read)
        self.assertEqual(text, f"curl -i '{self.service.url}/health'")

    def test_nothing_moves_if_a_person_wants_that(self):
        for motion, duration in [(True, "0.15s"), (False, "0s")]:
            self.open(motion=motion)
            script = "return getComputedStyle(document.querySelector('summary'), '::before').transitionDuration"
            self.assertEqual(self.browser.run(script), duration)


if __name__ == "__main__":
    unittest.main(verbosity=2)
