#!/usr/bin/python3
"""server.py DIR PORT [--starttls|--tls CERT KEY] [--auth USER PASSWORD]: a real SMTP server (Debian's python3-aiosmtpd) on the
loopback. What it took lies in DIR/NNN.eml, as it came, below X-From and X-To. What it does with a message is told by the
recipient's name:
    nobody@     no such recipient (550 5.1.1)      policy@   refused by policy (554 5.7.1)
    spam@       refused after the data (554)       later@    4xx twice, then taken
    slow@       taken (the file is there) but answered only once DIR/go exists
It prints "ready" and runs until it is ended."""
import argparse
import asyncio
import pathlib
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = argparse.ArgumentParser()
options.add_argument("dir", type=pathlib.Path)
options.add_argument("port", type=int)
options.add_argument("--starttls", nargs=2)
options.add_argument("--tls", nargs=2)
options.add_argument("--auth", nargs=2)
given = options.parse_args()
given.dir.mkdir(exist_ok=True)
tried = {}


class Handler:
	async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
		name = address.split("@")[0]
		if name == "nobody":
			return "550 5.1.1 there is nobody of that name"
		if name == "policy":
			return "554 5.7.1 relaying denied"
		if name == "later":
			tried[address] = tried.get(address, 0) + 1
			if tried[address] <= 2:
				return "451 4.7.1 greylisted, come back"
		envelope.rcpt_tos.append(address)
		return "250 2.1.5 ok"

	async def handle_DATA(self, server, session, envelope):
		name = envelope.rcpt_tos[0].split("@")[0]
		if name == "spam":
			return "554 5.6.0 this looks like spam"
		number = len(list(given.dir.glob("*.eml"))) + 1
		head = f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\nX-TLS: {bool(session.ssl)}\r\n".encode()
		(given.dir / f"{number:03}.part").write_bytes(head + envelope.original_content)
		(given.dir / f"{number:03}.part").rename(given.dir / f"{number:03}.eml")
		while name == "slow" and not (given.dir / "go").exists():
			await asyncio.sleep(0.05)
		return f"250 2.0.0 taken as {number}"


def context(files):
	made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	made.load_cert_chain(*files)
	return made


def authenticate(server, session, envelope, mechanism, auth_data):
	ok = isinstance(auth_data, LoginPassword) and [auth_data.login.decode(), auth_data.password.decode()] == given.auth
	return AuthResult(success=ok, handled=False)


class Server(Controller):
	def factory(self):
		made = {}
		if given.starttls:
			made.update(tls_context=context(given.starttls), require_starttls=True)
		if given.auth:
			made.update(authenticator=authenticate, auth_required=True, auth_require_tls=bool(given.starttls))
		return SMTP(self.handler, enable_SMTPUTF8=True, hostname="mail.test", **made)


Server(Handler(), hostname="127.0.0.1", port=given.port, ssl_context=context(given.tls) if given.tls else None).start()
print("ready", flush=True)
asyncio.new_event_loop().run_forever()
