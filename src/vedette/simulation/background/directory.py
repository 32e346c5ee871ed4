"""What the directory and the mail system see of an ordinary day: sign-ins, mail, the weekly record of accounts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from vedette.simulation.desk import Desk
from vedette.simulation.enterprise import NAT, Account, Enterprise, identifier
from vedette.simulation.reports import identity_info
from vedette.simulation.tape import Note, Tape

_SENDERS = (
    ("anna@paperworks.example", "Anna Lind", "192.0.2.201"),
    ("billing@fjordbank.example", "Fjordbank", "192.0.2.202"),
    ("news@northern-times.example", "Northern Times", "192.0.2.203"),
    ("tickets@rail-europe.example", "Rail Europe", "192.0.2.204"),
)
_SUBJECTS = (
    "Your order",
    "Monthly statement",
    "Question about the offer",
    "Itinerary",
    "Newsletter",
    "Minutes of the meeting",
)


def day(tape: Tape, enterprise: Enterprise, day: date, desks: Sequence[Desk], *, first: bool) -> None:
    """Tell one day from the directory's and the mail system's point of view."""
    random = Random(f"{enterprise.seed}:directory:{day}")
    controller = enterprise.first("dc")
    for desk in desks:
        desk.sign_in(desk.hours.logon, desk.owner, controller)
        if random.random() < 0.8:
            moment = desk.hours.logon + (desk.hours.end - desk.hours.logon) * random.random()
            _mail(tape, moment, desk.owner, random)
    if not desks:
        return
    if first or day.weekday() == 0:
        at = desks[0].hours.logon
        for number, account in enumerate((*enterprise.people, *enterprise.admins, *enterprise.services.values())):
            identity_info(tape, at + timedelta(milliseconds=number), account, enterprise.tenant_id)


def _mail(tape: Tape, at: datetime, recipient: Account, random: Random) -> None:
    sender, name, ip = _SENDERS[int(random.random() * len(_SENDERS))]
    subject = _SUBJECTS[int(random.random() * len(_SUBJECTS))]
    message(tape, at, sender=sender, name=name, ip=ip, recipient=recipient, subject=subject)


def message(
    tape: Tape,
    at: datetime,
    *,
    sender: str,
    name: str,
    ip: str,
    recipient: Account,
    subject: str,
    attachments: int = 0,
    urls: int = 0,
    **columns: object,
) -> str:
    """A delivered mail. Returns its `NetworkMessageId`."""
    message_id = identifier("mail", at, recipient.upn, subject)
    domain = sender.partition("@")[2]
    tape.note(
        at,
        None,
        "EmailEvents",
        None,
        {
            "NetworkMessageId": message_id,
            "InternetMessageId": f"<{message_id[:13]}@{domain}>",
            "SenderMailFromAddress": sender,
            "SenderFromAddress": sender,
            "SenderDisplayName": name,
            "SenderMailFromDomain": domain,
            "SenderFromDomain": domain,
            "SenderIPv4": ip,
            "RecipientEmailAddress": recipient.upn,
            "RecipientObjectId": recipient.object_id,
            "Subject": subject,
            "EmailDirection": "Inbound",
            "DeliveryAction": "Delivered",
            "DeliveryLocation": "Inbox/Folder",
            "AuthenticationDetails": json.dumps({"SPF": "pass", "DKIM": "pass", "DMARC": "pass", "CompAuth": "pass"}),
            "AttachmentCount": attachments,
            "UrlCount": urls,
            "EmailLanguage": "en",
            "LatestDeliveryAction": "Delivered",
            "LatestDeliveryLocation": "Inbox/Folder",
            **columns,
        },
    )
    return message_id


def click(tape: Tape, at: datetime, account: Account, url: str, message_id: str, action: str = "ClickAllowed") -> Note:
    """A click on a link in a mail."""
    return tape.note(
        at,
        None,
        "UrlClickEvents",
        None,
        {
            "Url": url,
            "ActionType": action,
            "AccountUpn": account.upn,
            "Workload": "Email",
            "NetworkMessageId": message_id,
            "IPAddress": NAT,
            "IsClickedThrough": False,
            "UrlChain": json.dumps([url]),
        },
    )
