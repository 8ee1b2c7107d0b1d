import base64
import os

import pytest
from openward_cli.provision import scram

#: RFC 7677, section 3: user `user`, password `pencil`.
SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
STORED_KEY = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
SERVER_KEY = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="


def test_a_verifier_is_that_of_the_rfcs_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda _: base64.b64decode(SALT))

    assert scram.verifier("pencil") == f"SCRAM-SHA-256$4096:{SALT}${STORED_KEY}:{SERVER_KEY}"


def test_the_salt_is_new_each_time() -> None:
    assert scram.verifier("pencil") != scram.verifier("pencil")
