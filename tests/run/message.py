"""A program as anybody writes it: the SDK as it comes.  Sends a message, waits until its callback says "delivered"."""
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator
from twilio.rest import Client

delivered = threading.Event()


class Status(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        self.send_response(204)
        self.end_headers()
        if not RequestValidator(os.environ["TWILIO_AUTH_TOKEN"]).validate(url, form, self.headers["x-twilio-signature"]):
            raise SystemExit("the signature is wrong")
        if form["MessageStatus"] == "delivered":
            delivered.sid = form["MessageSid"]
            delivered.set()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Status)
url = "http://127.0.0.1:%d/status" % server.server_port
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
message = client.messages.create(from_="+15005550006", to="+15005550010", body="from Python", status_callback=url)
assert delivered.wait(60) and delivered.sid == message.sid
print("delivered", message.sid)
