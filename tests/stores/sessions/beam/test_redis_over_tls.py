"""A node's forwarder that speaks to Redis over TLS. This Redis has none: a proxy before it has."""

import asyncio
import ipaddress
import ssl
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from migrations_app.beam.node import Atom
from tests.stores.sessions.beam.conftest import CREATE, forward, on_store


def signed(directory, name):
    """An authority, and a certificate of it for 127.0.0.1; their files `<name>-authority.pem`, `<name>.pem`, `.key`."""
    keys, now = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)], datetime.now(UTC)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {role}")]) for role in ("authority", "redis")]
    for at, file in enumerate((f"{name}-authority.pem", f"{name}.pem")):
        made = x509.CertificateBuilder().subject_name(names[at]).issuer_name(names[0]).public_key(keys[at].public_key())
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=not at, path_length=None), critical=True)
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = made.add_extension(here, critical=False)
        (directory / file).write_bytes(made.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM))
    private = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (directory / f"{name}.key").write_bytes(private)


@contextmanager
def tls_before(port, certificate):
    """A port that takes TLS and passes on what is inside."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    listens = Future()

    async def copied(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

    async def accepted(reader, writer):
        ends = [writer]
        try:
            behind, server = await asyncio.open_connection("127.0.0.1", port)
            ends.append(server)
            await asyncio.wait(
                [asyncio.ensure_future(copied(reader, server)), asyncio.ensure_future(copied(behind, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
            for end in ends:
                end.close()
                await asyncio.wait([asyncio.ensure_future(end.wait_closed())])
        except asyncio.CancelledError:
            """The test is over, and the node has not hung up."""
        finally:
            for end in ends:
                end.transport.abort()

    async def serve():
        ending = asyncio.Event()
        async with await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=context) as listener:
            listens.set_result((listener.sockets[0].getsockname()[1], asyncio.get_running_loop(), ending))
            await ending.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    here, loop, ending = listens.result(60)
    try:
        yield here
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()


TRUST = "ok = public_key:cacerts_load(binary_to_list(File))"
CHANGE = """
Change = fun(Session) -> Session#{metadata := #{blob => Blob}} end,
{ok, #{metadata := #{blob := There}}} = gen_server:call(Server, {update_session, Id, Change}), There =:= Blob
"""


def test_only_a_server_that_the_node_trusts_is_spoken_to(node, over, fenced_redis, tmp_path):
    signed(tmp_path, "ours")
    signed(tmp_path, "strange")
    with tls_before(fenced_redis.config["port"], tmp_path / "ours.pem") as port:
        way = fenced_redis.way(port=port, tls=True)
        node.evaluate(TRUST, File=str(tmp_path / "strange-authority.pem"))
        assert "unknown_ca" in over.refuses(way)

        node.evaluate(TRUST, File=str(tmp_path / "ours-authority.pem"))
        assert over.refuses(way) == ""
        forward(over, way)

        assert on_store(node, CREATE) == Atom("ok")
        assert on_store(node, CHANGE, Blob=bytes(range(256)) * 1000) is True
        assert on_store(node, "ok =:= gen_server:call(Server, {delete_session, Id})") is True
        over.hold(4000)
        over.restore()  # hangs up
