"""Webhooks as the program sends them, against python3-twilio's validator; tests/sdk/run does the same with PyPI's."""
import json
import os
import subprocess
import tempfile
import unittest

from twilio.request_validator import RequestValidator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Webhooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.environ.get("STROWGER_CORPUS") or os.path.join(folder, "corpus.json")
            if not os.path.exists(path):
                subprocess.run(["node", os.path.join(ROOT, "tests/sdk/capture.mjs"), path], check=True)
            with open(path) as file:
                cls.captured = json.load(file)

    def test_signatures(self):
        self.assertGreaterEqual(len(self.captured), 50)
        for c in self.captured:
            validator = RequestValidator(c["token"])
            url = c["called"]
            if url.endswith("?"):
                continue  # this validator forgets an empty query
            self.assertTrue(validator.validate(url, c["params"], c["signature"]), c["method"] + " " + url)
            self.assertFalse(validator.validate(url + "x", c["params"], c["signature"]))
            self.assertFalse(RequestValidator("x" + c["token"]).validate(url, c["params"], c["signature"]))


if __name__ == "__main__":
    unittest.main()
