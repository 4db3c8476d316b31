// imap.mjs: a real IMAP server (Debian's Dovecot) on the loopback with one mailbox, whose messages are files.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd, freePort, until } from './hospes.mjs';

const DOVECOT = '/usr/sbin/dovecot';
export const PASSWORD = 'correct-horse';
// As root, Dovecot reads mail as an account of its own; otherwise as whoever runs the tests.
const NOBODY = 65534;
const isRoot = process.getuid() === 0;
const own = (path) => { if (isRoot) chownSync(path, NOBODY, NOBODY); };

export const imapIsThere = existsSync(DOVECOT);

/** A server that ends with the test: { port, put(message) → { received(date) } }. Any user signs in with PASSWORD. */
export async function imapServer(t) {
	const dir = mkdtempSync(join(process.env.HOSPES_TEST_SCRATCH ?? tmpdir(), 'imap-')), port = await freePort();
	const box = join(dir, 'box'), account = isRoot ? 'nobody' : userInfo().username, group = isRoot ? 'nogroup' : String(process.getgid());
	chmodSync(dir, 0o755);
	for (const each of [box, join(box, 'new'), join(box, 'cur'), join(box, 'tmp')]) { mkdirSync(each); own(each); }
	writeFileSync(join(dir, 'conf'), `base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:${box}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = ${account}
default_login_user = ${account}
default_internal_group = ${group}
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${account} gid=${group} home=${box}
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
  chroot =
}
`);
	const child = spawn(DOVECOT, ['-F', '-c', join(dir, 'conf')], { stdio: 'ignore' });
	const exit = new Promise((done) => child.on('close', done));
	atEnd(t, async () => {
		child.kill('SIGTERM');
		await exit;
		rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
	});
	await until('Dovecot to start', () => {
		const log = join(dir, 'log');
		if (child.exitCode !== null) throw new Error(`Dovecot ended: ${existsSync(log) ? readFileSync(log, 'utf8') : child.exitCode}`);
		return existsSync(log) && readFileSync(log, 'utf8').includes('starting up');
	});
	let n = 0;
	return {
		port,
		put(message) {
			const name = `${String(++n).padStart(6, '0')}.eml`, at = join(box, 'tmp', name);
			writeFileSync(at, message.replaceAll(/\r?\n/g, '\r\n'));
			own(at);
			renameSync(at, join(box, 'new', name));
			return { received: (date) => utimesSync(join(box, 'new', name), date, date) };
		},
	};
}

/** A report (RFC 3464) as a server writes it. original: the headers of what it is about. */
export const report = ({ action = 'failed', status = '5.1.1', words = '550 there is nobody of that name', original, recipient = 'ada@example.com' }) => `From: MAILER-DAEMON@mx.example.com
To: cx@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="border"

--border
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--border
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Sat, 28 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; ${recipient}
Original-Recipient: rfc822;${recipient}
Action: ${action}
Status: ${status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp;
 ${words}

--border
Content-Type: text/rfc822-headers

${original}

--border--
`;

/** A complaint (RFC 5965) as a mailbox provider writes it. original: the headers of what it is about. */
export const complaint = ({ type = 'abuse', original }) => `From: feedback@provider.example.net
To: bounces@example.com
Subject: FW: A survey
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="border"

--border
Content-Type: text/plain; charset=us-ascii

This is an email abuse report.

--border
Content-Type: message/feedback-report

Feedback-Type: ${type}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@example.com>
Arrival-Date: Sat, 28 Nov 2026 10:00:00 +0000

--border
Content-Type: message/rfc822
Content-Disposition: inline

${original}

(the text of the message)

--border--
`;
