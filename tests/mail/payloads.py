"""What providers post about a letter, in the shapes that their manuals and their posts have.

Each function gives the arguments of a test client's ``post``. ``letter`` is the provider's own id.
"""

import hashlib
import hmac
import json
from base64 import b64encode

SECRET = "reports:a long enough password"
SIGNING_KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
NO_SUCH_USER = "550 5.1.1 The email account that you tried to reach does not exist."


def authorization(secret=SECRET):
    return "Basic " + b64encode(secret.encode()).decode()


def post(path, body, *, secret=SECRET, **more):
    headers = {"authorization": authorization(secret)} if secret else {}
    return {
        "path": f"/mail/webhooks/{path}/tracking/",
        "data": body if isinstance(body, str) else json.dumps(body),
        "content_type": "application/json",
        "headers": headers | more.pop("headers", {}),
        **more,
    }


# --- Postmark: one report a post; only bounces and complaints have a number --------------------


def postmark(letter, kind, *, at="2026-11-25T12:00:05.1234567Z", number=901542550, **more):
    common = {
        "MessageStream": "outbound",
        "ServerID": 23,
        "MessageID": letter,
        "Metadata": {},
        "Tag": "invitation",
    }
    problem = {
        "ID": number,
        "Email": "sofia@kelpworks.example",
        "From": "no-reply@apis.example",
        "BouncedAt": at,
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "You are invited to Harbour APIs",
        "Description": "The server was unable to deliver your message (ex: unknown user).",
        "Details": f"smtp;{NO_SUCH_USER}",
    }
    facts = {
        "delivered": {
            "RecordType": "Delivery",
            "Recipient": "sofia@kelpworks.example",
            "DeliveredAt": at,
            "Details": "smtp;250 2.0.0 OK 1732536005 d9443c01a7336 - gsmtp",
        },
        "bounced": {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1} | problem,
        "deferred": {"RecordType": "Bounce", "Type": "Transient", "TypeCode": 2} | problem,
        "complained": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512}
        | problem
        | {"Description": "", "Details": "Spam complaint"},
        "opened": {
            "RecordType": "Open",
            "FirstOpen": True,
            "Client": {"Name": "Gmail", "Company": "Google", "Family": "Gmail"},
            "OS": {"Name": "unknown", "Company": "unknown", "Family": "unknown"},
            "Platform": "WebMail",
            "UserAgent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0",
            "Geo": {},
            "ReceivedAt": at,
            "Recipient": "sofia@kelpworks.example",
        },
        "suppressed": {
            "RecordType": "SubscriptionChange",
            "ChangedAt": at,
            "Recipient": "sofia@kelpworks.example",
            "Origin": "Recipient",
            "SuppressSending": True,
            "SuppressionReason": "HardBounce",
        },
    }
    return post("postmark", common | facts[kind] | more.pop("changes", {}), **more)


# --- Mailgun: signed; the id has lost its angle brackets -----------------------------------------


def mailgun(letter, kind, *, token="651869375b9df3c98fc15c4889b102119add1235c38fc92824", **more):
    timestamp = "1795608005"
    words = {
        "delivered": ("delivered", {"code": 250, "message": "OK", "description": ""}),
        "bounced": ("failed", {"code": 550, "message": NO_SUCH_USER, "description": ""}),
        "deferred": (
            "failed",
            {
                "code": 450,
                "message": "Recipient address rejected: Greylisted",
                "description": "",
                "retry-seconds": 300,
            },
        ),
        "complained": ("complained", None),
        "opened": ("opened", None),
    }
    event, status = words[kind]
    severity = {"bounced": "permanent", "deferred": "temporary"}.get(kind)
    data = {
        "event": event,
        "id": "hTWCTD81RtiDN-",
        "timestamp": 1795608005.153125,
        "log-level": "info",
        "tags": ["invitation"],
        "user-variables": {},
        "recipient": "sofia@kelpworks.example",
        "recipient-domain": "kelpworks.example",
        "message": {
            "headers": {
                "to": "sofia@kelpworks.example",
                "from": "no-reply@apis.example",
                "message-id": letter,
                "subject": "You are invited",
            },
            "attachments": [],
            "size": 809,
        },
        **({"delivery-status": status} if status else {}),
        **({"severity": severity, "reason": "bounce"} if severity else {}),
    }
    key = more.pop("key", SIGNING_KEY)
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": data,
    }
    return post("mailgun", body, **more)


# --- Brevo: no number of the report at all --------------------------------------------------------


def brevo(letter, kind, *, at=1795608005000, **more):
    body = {
        "event": {
            "delivered": "delivered",
            "bounced": "hard_bounce",
            "deferred": "deferred",
            "complained": "spam",
            "opened": "unique_opened",
        }[kind],
        "email": "sofia@kelpworks.example",
        "id": 9999999,
        "date": "2026-11-25 13:00:05",
        "ts": 1795604405,
        "ts_event": 1795604405,
        "ts_epoch": at,
        "message-id": f"<{letter}>",
        "subject": "You are invited to Harbour APIs",
        "tag": '["invitation"]',
        "tags": ["invitation"],
        "sending_ip": "203.0.113.33",
    }
    if kind in {"bounced", "deferred"}:
        body["reason"] = f" RecipientError: {NO_SUCH_USER}"
    return post("brevo", body, **more)


# --- SendGrid: a batch a post -----------------------------------------------------------------------


def sendgrid(letter, *kinds, **more):
    events = {
        "delivered": {"event": "delivered", "response": "250 2.0.0 OK 1732536005 - gsmtp "},
        "bounced": {
            "event": "bounce",
            "type": "bounce",
            "status": "5.1.1",
            "reason": NO_SUCH_USER,
        },
        "deferred": {"event": "deferred", "attempt": "1", "response": "450 try again"},
        "complained": {"event": "spamreport"},
        "opened": {"event": "open", "useragent": "Mozilla/5.0", "ip": "198.51.100.229"},
        "processed": {"event": "processed", "category": ["invitation"]},
    }
    body = [
        {
            "email": "sofia@kelpworks.example",
            "timestamp": 1795608005,
            "smtp-id": "<wrfRRvF7Q0GgwUo2CvDmEA@ismtpd0006p1sjc2.sendgrid.net>",
            "sg_event_id": f"event-{kind}",
            "sg_message_id": "wrfRRvF7Q0GgwUo2CvDmEA.filter0425p1mdw1.13037.57168B4A1D.0",
            "anymail_id": letter,
        }
        | events[kind]
        for kind in kinds
    ]
    return post("sendgrid", body, **more)
