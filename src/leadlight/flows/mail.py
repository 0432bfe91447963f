"""Reports by mail: kept until a server has taken them for everybody, so that none is lost on the way."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any, Final

from leadlight.flows.watch import report_unsent
from leadlight.store import Store, audit, models, watching

MOST_WAITING: Final = 8
MOST_TRIES: Final = 12
SECONDS: Final = 20.0
FILE: Final = "leadlight-week.html"
PLAIN, UPGRADED, ENCRYPTED = "smtp+plain", "smtp", "smtps"


@dataclass(frozen=True)
class MailBox:
    """The server that mail goes out by, who it is from and to; `way` is how the talk is kept secret."""

    host: str
    port: int
    sender: str
    receivers: tuple[str, ...]
    user: str = ""
    password: str = ""
    way: str = UPGRADED
    seconds: float = SECONDS

    @contextmanager
    def opened(self) -> Iterator[smtplib.SMTP]:
        """A server that is who it says, and let us in."""
        trusted = ssl.create_default_context()
        if self.way == ENCRYPTED:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.seconds, context=trusted
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
        with server:
            if self.way == UPGRADED:
                server.starttls(context=trusted)
            if self.user:
                server.login(self.user, self.password)
            yield server


@dataclass(frozen=True)
class WaitingReport:
    """A report on its way, and who has it already."""

    identity: str
    at: float
    subject: str
    text: str
    page: str
    got: tuple[str, ...] = ()
    tries: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(plain: dict[str, Any]) -> WaitingReport:
        return WaitingReport(**{**plain, "got": tuple(plain["got"])})

    def written(self, box: MailBox) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = self.subject, box.sender, ", ".join(box.receivers)
        mail["Date"], mail["Message-ID"] = formatdate(self.at), self.identity
        mail.set_content(self.text)
        mail.add_attachment(
            self.page.encode(), maintype="text", subtype="html", filename=FILE, params={"charset": "utf-8"}
        )
        return mail


@dataclass(frozen=True)
class MailRun:
    """What became of the reports that waited: how many went out, how many wait still, and why."""

    sent: int
    waiting: int
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def keep_report(store: Store, said: Sequence[str], page: str, sender: str, at: float) -> None:
    """Write a report down that is to be sent; of more than eight that wait the oldest is given up."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    new = WaitingReport(
        identity=f"<leadlight.{int(at * 1000)}@{domain}>",
        at=at,
        subject=f"Leadlight: {said[0]}",
        text="\n".join(said),
        page=page,
    )
    _keep(store, [*waiting_reports(store), new], at)


def waiting_reports(store: Store) -> list[WaitingReport]:
    """The reports that nobody or not everybody has, the oldest first."""
    with store.reading() as connection:
        known = watching.mark(connection, watching.REPORTS) or []
    return [WaitingReport.from_json(each) for each in known]


def send_reports(store: Store, box: MailBox, at: float) -> MailRun:
    """Send all that waits, the oldest first; what fails is kept for the next run, and is an alarm."""
    waiting = waiting_reports(store)
    sent, problem = 0, ""
    left = list(waiting)
    try:
        with box.opened() as server:
            for each in waiting:
                after = _sent(server, box, each)
                left = [after if one.identity == each.identity else one for one in left]
                if {*box.receivers} <= {*after.got}:
                    left.remove(after)
                    sent += 1
                else:
                    refused = len({*box.receivers} - {*after.got})
                    problem = f"The server refused {refused} of {len(box.receivers)} receivers."
                _keep(store, left, at)
    except (OSError, smtplib.SMTPException) as trouble:
        problem = _said(trouble, box)
    if problem:
        left = [replace(each, tries=each.tries + 1) for each in left]
    _keep(store, left, at)
    _told(store, problem, at)
    return MailRun(sent, len(left), problem)


def _sent(server: smtplib.SMTP, box: MailBox, report: WaitingReport) -> WaitingReport:
    """The report, with those who got it now."""
    wanted = [each for each in box.receivers if each not in report.got]
    try:
        refused = server.send_message(report.written(box), from_addr=box.sender, to_addrs=wanted)
    except smtplib.SMTPRecipientsRefused:
        return report
    return replace(report, got=(*report.got, *(each for each in wanted if each not in refused)))


def _keep(store: Store, reports: Sequence[WaitingReport], at: float) -> None:
    kept = [each for each in reports if each.tries < MOST_TRIES][-MOST_WAITING:]
    with store.writing() as connection:
        watching.set_mark(connection, watching.REPORTS, [each.to_json() for each in kept])
        for each in reports:
            if each not in kept:
                detail = {"report": each.subject, "tries": each.tries}
                audit.append(store, connection, "watch", "report_given_up", detail=detail, at=at)


def _told(store: Store, problem: str, at: float) -> None:
    """An alarm while something waits; its end once nothing does."""
    with store.writing() as connection:
        if not problem:
            watching.end_alarm(connection, "report_unsent", at)
            return
        watching.set_mark(connection, watching.MAIL_PROBLEM, problem)
        serving = models.in_service(connection)
        name = "" if serving is None else serving.name
        watching.begin_alarm(connection, at, name, report_unsent(problem).to_json())


def _said(trouble: Exception, box: MailBox) -> str:
    """What went wrong, without addresses or what the server wrote."""
    told = (
        (smtplib.SMTPAuthenticationError, "The server refused the login"),
        (smtplib.SMTPSenderRefused, "The server refused the sender"),
        (smtplib.SMTPDataError, "The server refused the mail"),
        (smtplib.SMTPNotSupportedError, "The server offers no TLS or no login"),
        (ssl.SSLCertVerificationError, "The certificate of the server is not to be trusted"),
        (ssl.SSLError, "The server does not speak TLS as it should"),
        (TimeoutError, f"The server did not answer within {box.seconds:g} seconds"),
        (smtplib.SMTPServerDisconnected, "The server hung up"),
        (smtplib.SMTPException, "The server did not take the mail"),
    )
    if isinstance(trouble.__context__, TimeoutError):
        trouble = trouble.__context__
    said = next((text for kind, text in told if isinstance(trouble, kind)), "The server could not be reached")
    code = getattr(trouble, "smtp_code", None)
    return f"{said}{f' ({code})' if code else ''}: {box.host}:{box.port}."
