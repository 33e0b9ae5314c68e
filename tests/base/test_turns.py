"""Threads that want the same thing take turns."""

import threading

from base.turns import Turns
from tests.racing import race


def test_one_key_has_one_turn_at_a_time():
    turns = Turns()
    inside, most = 0, 0
    lock = threading.Lock()

    def enter():
        nonlocal inside, most
        with turns.turn("the same", timeout=30) as is_mine:
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1
            return is_mine

    assert race(*[enter] * 8) == [True] * 8
    assert most == 1


def test_whoever_waits_in_vain_is_told():
    turns = Turns()

    with turns.turn("the same", timeout=0), turns.turn("the same", timeout=0.01) as is_mine:
        assert not is_mine

    with turns.turn("the same", timeout=0) as is_mine:
        assert is_mine
