"""The check in a real server: several workers, stopped in order, and killed."""

import os
import signal
import time

import pytest
import requests

from accounts.actions import block_user
from gateway.check import usage
from gateway.models import CallCount
from tests.servers import our_server

pytestmark = pytest.mark.django_db(transaction=True)


def asking(address, gateway, key):
    """Calls over one kept connection; the status of each."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(
        {
            "X-Gateway-Secret": gateway.plaintext_secret,
            "X-Original-Method": "GET",
            "X-Original-URI": "/orders/7",
            "Ocp-Apim-Subscription-Key": key.plaintext,
        }
    )
    return lambda: session.get(f"{address}/gateway/authorize", timeout=10).status_code


def counted():
    return sum(CallCount.objects.values_list("calls", flat=True))


def test_a_block_holds_in_every_worker(tmp_path, gateway, key, ada, ben):
    with our_server(tmp_path / "log", workers=2) as (address, _process):
        callers = [asking(address, gateway, key) for _connection in range(8)]
        assert {call() for call in callers} == {200}

        block_user(user=ben, by=ada)

        assert {call() for _time in range(25) for call in callers} == {401}


def test_stopping_in_order_counts_every_call(tmp_path, gateway, key):
    with our_server(tmp_path / "log", workers=2) as (address, process):
        callers = [asking(address, gateway, key) for _connection in range(4)]
        for _time in range(25):
            for call in callers:
                assert call() == 200
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

    assert counted() == 100


def test_kill_9_loses_at_most_what_came_since_the_last_flush(tmp_path, gateway, key):
    with our_server(tmp_path / "log") as (address, process):
        call = asking(address, gateway, key)
        for _time in range(40):
            assert call() == 200
        # The promise of docs/check.md: a flush a second, and the flush itself.
        time.sleep(usage.FLUSH_EVERY + 1)
        for _time in range(5):
            assert call() == 200
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    assert 40 <= counted() <= 45
