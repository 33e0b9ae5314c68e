"""Blocks somebody again and again and asks at once: ``python -m bench.blocks FOLDER ADDRESS TRIALS``.

Prints how many trials saw a call pass that began after the block's commit. The check runs in
processes of its own; each trial asks over eight kept connections.
"""

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

import django

django.setup()

from accounts.actions import activate_user, block_user  # noqa: E402
from catalog.keys import digest_of  # noqa: E402
from catalog.models import Key  # noqa: E402

CONNECTIONS = 8


def main(folder: Path, address: str, trials: int) -> None:
    value = (folder / "keys").read_text().split()[0]
    user = Key.objects.get(digest=digest_of(value)).subscription.owner
    headers = {
        "X-Gateway-Secret": (folder / "secret").read_text(),
        "X-Original-Method": "GET",
        "X-Original-URI": "/orders/7",
        "Ocp-Apim-Subscription-Key": value,
    }
    parts = urlsplit(address)
    lines = [http.client.HTTPConnection(parts.netloc, timeout=10) for _line in range(CONNECTIONS)]

    def answers() -> set[int]:
        statuses = set()
        for line in lines:
            line.request("GET", parts.path, headers=headers)
            answer = line.getresponse()
            answer.read()
            statuses.add(answer.status)
        return statuses

    stale = 0
    for _trial in range(trials):
        assert answers() == {200}  # noqa: S101
        block_user(user=user, by=None)
        stale += answers() != {401}
        activate_user(user=user, by=None)
    print(stale)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
