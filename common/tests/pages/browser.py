"""Chromium without a window, and what a test asks of it."""

import base64
import importlib.util
import json
import os
import pathlib
import tempfile
import urllib.parse

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

# A slow machine needs time; a test waits no longer than it must.
PATIENCE = 30
# Of this package only the script is used, so that what it needs itself is not installed.
AXE = pathlib.Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Browser:
    """One browser with one page."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        options = webdriver.ChromeOptions()
        options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        for argument in [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
            f"--user-data-dir={self.folder.name}",
        ]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # A path of its own, so that Selenium looks for no driver in the network.
        service = webdriver.ChromeService(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
        self.driver = webdriver.Chrome(options, service)
        self.driver.set_script_timeout(PATIENCE)

    def quit(self):
        self.driver.quit()
        self.folder.cleanup()

    def open(self, url, width=1280, dark=False, motion=True):
        """Loads a page and waits until it shows a heading."""
        command = self.driver.execute_cdp_cmd
        window = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        command("Emulation.setDeviceMetricsOverride", window)
        command("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "no-preference" if motion else "reduce"},
        ]})
        # Of two addresses that differ in what comes after # only, the browser would not load the second.
        self.driver.get("about:blank")
        self.forget()
        self.driver.get(url)
        self.until(lambda: self.all("h1"), f"{url} shows no heading")

    def forget(self):
        for kind in ["browser", "performance"]:
            self.driver.get_log(kind)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """All the text of an element, also of what is folded away."""
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def until(self, condition, message):
        WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _: condition(), message)

    def open_all(self):
        self.run("for (const one of document.querySelectorAll('details')) one.open = true")

    def console(self):
        """What the console shows as errors or warnings, since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def hosts(self):
        """The hosts that the page asked since it was opened."""
        hosts = set()
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = urllib.parse.urlsplit(event["params"]["request"]["url"])
                if url.scheme not in ("data", "about"):
                    hosts.add(url.netloc)
        return hosts

    def violations(self):
        """What axe finds against WCAG 2.2, levels A and AA."""
        self.run(AXE.read_text())
        found = self.driver.execute_async_script(
            "const done = arguments[1]; axe.run(document, { runOnly: arguments[0] })"
            ".then((found) => done(found.violations), (error) => done([{ id: String(error), nodes: [] }]))", WCAG)
        return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found]

    def is_wider_than_its_window(self):
        return self.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def screenshot(self, path):
        """The whole page as a PNG."""
        size = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))
