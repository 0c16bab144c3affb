"""Debian's python3-twilio (7.7), unmodified, on both roads to the real program."""
import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.join(ROOT, os.environ.get("STROWGER", "build/strowger"))
PATIENCE = float(os.environ.get("STROWGER_PATIENCE", "1"))
FROM, TO = "+15005550006", "+15005550010"


def until(ask, within_s=5):
    deadline = time.monotonic() + within_s * PATIENCE
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError("did not come true within %g s" % (within_s * PATIENCE))
        time.sleep(0.01)


class Server:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="strowger-test-")
        self.sid, self.token = "AC" + secrets.token_hex(16), secrets.token_hex(16)
        self.log = open(os.path.join(self.dir, "log"), "w+")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--store", "sqlite:" + self.dir + "/data"], text=True, stderr=self.log,
            stdout=subprocess.PIPE, env={**os.environ, "STROWGER_ACCOUNT_SID": self.sid, "STROWGER_AUTH_TOKEN": self.token})
        self.url = None
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.url = line.split()[1]
                break

    def stop(self):
        self.process.terminate()
        self.process.stdout.close()
        code = self.process.wait(20 * PATIENCE)
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        shutil.rmtree(self.dir)
        if code != 0 or re.search(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:", said):
            raise AssertionError("the server ended with %s:\n%s" % (code, said[-4000:]))


class ByHost(TwilioHttpClient):
    """Sends what is meant for api.twilio.com to the server, with that Host."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def request(self, method, url, params=None, data=None, headers=None, **rest):
        asked = urlsplit(url)
        headers = {**(headers or {}), "Host": asked.netloc}
        return super().request(method, self.url + asked.path + ("?" + asked.query if asked.query else ""), params, data, headers, **rest)


class Sdk:
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.client = cls.connect(cls.server.token)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_usage(self):
        before = [int(r.usage) for r in self.client.usage.records.today.list(category="sms-outbound")]
        self.client.messages.create(to=TO, from_=FROM, body="x" * 161)
        self.assertEqual([int(r.usage) - before[0] for r in self.client.usage.records.today.list(category="sms-outbound")], [2])
        for view in ("all_time", "daily", "last_month", "monthly", "this_month", "today", "yearly", "yesterday"):
            rows = getattr(self.client.usage.records, view).list(category="totalprice")
            self.assertTrue(rows and all(r.price_unit == "usd" for r in rows), view)
        trigger = self.client.usage.triggers.create(callback_url="https://example.com/x", trigger_value="+1000", usage_category="sms")
        self.assertEqual(int(trigger.trigger_value), 1000 + int(trigger.current_value))
        self.assertIn(trigger.sid, [t.sid for t in self.client.usage.triggers.list()])
        self.assertTrue(self.client.usage.triggers(trigger.sid).delete())

    def delivered(self, sid):
        return until(lambda: (lambda m: m if m.status == "delivered" else None)(self.client.messages(sid).fetch()))

    def test_create_and_deliver(self):
        created = self.client.messages.create(to=TO, from_=FROM, body="Grüße")
        self.assertRegex(created.sid, "^SM[0-9a-f]{32}$")
        self.assertEqual((created.status, created.body, created.num_segments, created.price), ("queued", "Grüße", "1", None))
        self.assertEqual(created.date_created.tzinfo.utcoffset(None).total_seconds(), 0)
        done = self.delivered(created.sid)
        self.assertEqual((done.price, done.price_unit, done.error_code), ("-0.00750", "USD", None))

    def test_list_over_pages(self):
        sids = [self.client.messages.create(to="+15005550011", from_=FROM, body="n %d" % i).sid for i in range(60)]
        newest = sids[::-1]
        self.assertEqual([m.sid for m in self.client.messages.list(to="+15005550011", page_size=20)], newest)
        self.assertEqual([m.sid for m in self.client.messages.stream(to="+15005550011", limit=25, page_size=10)], newest[:25])
        page = self.client.messages.page(to="+15005550011", page_size=20)
        second = page.next_page()
        self.assertEqual([m.sid for m in second], newest[20:40])
        self.assertEqual([m.sid for m in second.previous_page()], newest[:20])

    def test_redact_and_delete(self):
        sid = self.client.messages.create(to=TO, from_=FROM, body="secret").sid
        self.delivered(sid)
        self.assertEqual(self.client.messages(sid).update(body="").body, "")
        self.assertTrue(self.client.messages(sid).delete())
        with self.assertRaises(TwilioRestException) as caught:
            self.client.messages(sid).fetch()
        self.assertEqual((caught.exception.status, caught.exception.code), (404, 20404))

    def test_feedback_and_media(self):
        sid = self.client.messages.create(to=TO, from_=FROM, body="rate").sid
        self.assertEqual(self.client.messages(sid).feedback.create(outcome="confirmed").outcome, "confirmed")
        self.assertEqual(self.client.messages(sid).media.list(), [])

    def test_errors(self):
        cases = [({"to": "nobody"}, 21211), ({"from_": "+14155552671"}, 21606), ({"body": "x" * 1601}, 21617),
                 ({"to": "+15005550009"}, 21614), ({"status_callback": "nothing"}, 21609)]
        for change, code in cases:
            with self.assertRaises(TwilioRestException) as caught:
                self.client.messages.create(**{**{"to": TO, "from_": FROM, "body": "x"}, **change})
            self.assertEqual((caught.exception.status, caught.exception.code), (400, code), change)
            self.assertTrue(caught.exception.msg)
        with self.assertRaises(TwilioRestException) as caught:
            self.connect("f" * 32).messages.create(to=TO, from_=FROM, body="x")
        self.assertEqual((caught.exception.status, caught.exception.code), (401, 20003))

    def test_account_and_balance(self):
        self.assertEqual(self.client.api.accounts(self.server.sid).fetch().status, "active")
        self.assertEqual(self.client.balance.fetch().currency, "USD")
        numbers = sorted(n.phone_number for n in self.client.incoming_phone_numbers.list())
        self.assertEqual(numbers, ["+15005550006", "+15005550010"])

    def test_auth_tokens_change_without_an_outage(self):
        made = self.client.api.accounts.create(friendly_name="rotating")
        sub = self.connect(made.auth_token, made.sid)
        second = sub.accounts.secondary_auth_token().create().secondary_auth_token
        other = self.connect(second, made.sid)
        for client in (sub, other):
            self.assertEqual(client.api.accounts(made.sid).fetch().status, "active")
        self.assertEqual(sub.accounts.auth_token_promotion().update().auth_token, second)
        self.assertEqual(other.api.accounts(made.sid).fetch().auth_token, second)
        with self.assertRaises(TwilioRestException) as caught:
            sub.api.accounts(made.sid).fetch()
        self.assertEqual(caught.exception.status, 401)
        self.assertTrue(other.accounts.secondary_auth_token().create().secondary_auth_token)
        self.assertTrue(other.accounts.secondary_auth_token().delete())

    def test_keys(self):
        key = self.client.new_keys.create(friendly_name="py")
        client = self.connect(key.secret, key.sid)
        self.assertTrue(client.api.accounts(self.server.sid).messages.list(limit=1) is not None)
        self.assertEqual(self.client.keys(key.sid).update(friendly_name="other").friendly_name, "other")
        self.assertTrue(self.client.keys(key.sid).delete())
        with self.assertRaises(TwilioException):
            client.api.accounts(self.server.sid).messages.list(limit=1)

    def test_credentials_for_turn(self):
        token = self.client.tokens.create(ttl=60)
        self.assertEqual((token.ice_servers, token.password, token.ttl), ([], None, "60"))

    def native(self, path, body):
        request = urllib.request.Request(self.server.url + path, json.dumps(body).encode(), {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(("%s:%s" % (self.server.sid, self.server.token)).encode()).decode()})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def lives(self, many, **given):
        """Create, fetch, list, rename and delete one of a list of resources."""
        made = many.create(friendly_name="one", **given)
        self.assertEqual(many(made.sid).fetch().friendly_name, "one")
        self.assertIn(made.sid, [one.sid for one in many.list()])
        self.assertEqual(many(made.sid).update(friendly_name="two").friendly_name, "two")
        self.assertTrue(many(made.sid).delete())
        with self.assertRaises(TwilioRestException) as caught:
            many(made.sid).fetch()
        self.assertEqual((caught.exception.status, caught.exception.code), (404, 20404))

    def test_plain_resources(self):
        self.lives(self.client.applications)
        self.lives(self.client.accounts.credentials.aws, credentials="AKID:secret")
        self.lives(self.client.accounts.credentials.public_key, public_key="-----BEGIN PUBLIC KEY-----")
        self.lives(self.client.addresses, customer_name="c", street="s", city="c", region="r", postal_code="1", iso_country="DE")

    def test_connect_apps(self):
        app = self.native("/v1/connect_apps", {"friendly_name": "py", "permissions": ["get-all"]})
        self.assertEqual(self.client.connect_apps(app["sid"]).update(company_name="Py").company_name, "Py")
        self.assertIn(app["sid"], [one.sid for one in self.client.connect_apps.list()])
        self.native("/v1/authorized_connect_apps", {"connect_app_sid": app["sid"]})
        self.assertEqual(self.client.authorized_connect_apps(app["sid"]).fetch().connect_app_company_name, "Py")
        self.assertEqual([one.permissions for one in self.client.authorized_connect_apps.list()], [["get-all"]])
        self.assertTrue(self.client.connect_apps(app["sid"]).delete())

    def test_short_codes(self):
        code = self.native("/v1/senders", {"sender": "%05d" % secrets.randbelow(100000)})
        self.assertEqual(self.client.short_codes(code["sid"]).fetch().short_code, code["sender"])
        self.assertEqual(self.client.short_codes(code["sid"]).update(sms_url="https://example.com/s").sms_url, "https://example.com/s")
        self.assertEqual([one.sid for one in self.client.short_codes.list(short_code=code["sender"])], [code["sid"]])

    def test_validation_requests(self):
        number = "+1500555%04d" % (1000 + secrets.randbelow(8000))
        made = self.client.validation_requests.create(phone_number=number, friendly_name="mine")
        self.assertEqual((made.phone_number, len(made.validation_code)), (number, 6))
        [caller] = self.client.outgoing_caller_ids.list(phone_number=number)
        self.assertEqual(self.client.outgoing_caller_ids(caller.sid).update(friendly_name="x").friendly_name, "x")
        self.assertTrue(self.client.outgoing_caller_ids(caller.sid).delete())

    def test_pricing(self):
        pricing = self.client.pricing
        self.assertEqual(pricing.messaging.countries("US").fetch().price_unit, "USD")
        self.assertTrue(any(one.iso_country == "DE" for one in pricing.messaging.countries.list()))
        self.assertTrue(pricing.phone_numbers.countries("US").fetch().phone_number_prices)
        self.assertTrue(pricing.voice.countries("US").fetch().outbound_prefix_prices)
        self.assertEqual(pricing.voice.numbers("+14155552671").fetch().iso_country, "US")

    def test_applications(self):
        made = self.client.applications.create(friendly_name="one", voice_url="https://example.com/voice")
        self.assertEqual(self.client.applications(made.sid).fetch().voice_url, "https://example.com/voice")
        self.assertEqual(self.client.applications(made.sid).update(friendly_name="two").friendly_name, "two")
        self.assertIn(made.sid, [a.sid for a in self.client.applications.list(friendly_name="two")])
        self.assertTrue(self.client.applications(made.sid).delete())


class ByPrefixTest(Sdk, unittest.TestCase):
    @classmethod
    def connect(cls, token, sid=None):
        client = Client(sid or cls.server.sid, token)
        client.api.base_url = cls.server.url + "/api"
        client.accounts.base_url = cls.server.url + "/accounts"
        client.pricing.base_url = cls.server.url + "/pricing"
        return client


class ByHostTest(Sdk, unittest.TestCase):
    @classmethod
    def connect(cls, token, sid=None):
        return Client(sid or cls.server.sid, token, http_client=ByHost(cls.server.url))


if __name__ == "__main__":
    unittest.main()
