"""Mail by SMTP, where `MAIL_URL` is set: `smtp(s)://user:password@host:port`."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from flask_babel import force_locale
from sqlalchemy import func, select

from hub.access import settings
from hub.db import db
from hub.log import logger
from hub.text import _
from hub.users.invites import make_invite
from hub.users.models import User

SECONDS = 20


def send_reset(email: str) -> None:
    """Mail a link that sets a new password, if there is such an account. After the answer."""
    wanted = select(User).where(func.lower(User.email) == email.strip().lower(), User.active)
    user = db.session.scalar(wanted)
    if user is None:
        return
    link = make_invite(user)
    db.session.commit()
    with force_locale(user.locale or "en"):
        text = _(
            "Somebody asked for a new password of your Hub account. If it was you, open this "
            "link within 24 hours; it works once:\n\n%(link)s\n\nIf it was not you, do nothing: "
            "your password stays as it is.",
            link=link,
        )
        send(user.email, _("Your new password for Hub"), text)


def send(to: str, subject: str, text: str) -> None:
    """Send one mail; a failure is logged, never raised: nothing of ours waits for mail."""
    message = EmailMessage()
    message["To"], message["Subject"] = to, subject
    message["From"] = f"Hub <hub@{urlsplit(settings().public_url).hostname}>"
    message.set_content(text)
    try:
        with connect() as server:
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("mail not sent", extra={"error": type(error).__name__})


def connect() -> smtplib.SMTP:
    url = urlsplit(settings().mail_url)
    host, context = url.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server
