"""A small OpenID Connect provider, as a process: `python -m tests.oidc_provider` prints its issuer and serves.

It approves everybody at once. What it says of them comes from the parameter `claims` (JSON) of the authorization
address, and `break` names what is wrong with the token: nonce, issuer, audience, expired, signature, unsigned, old,
future; or with the provider: client (it does not know us), down (it fails), denied and busy (it sends no code).
"""

import base64
import hashlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.architecture.sources import ROOT

CLIENT_ID, CLIENT_SECRET = "snakeweb", "a secret: with a colon"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
ANOTHER = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})

#: Keys for other clients, of kinds that nobody here knows; they stand beside ours in its set.
UNREADABLE = (
    {"kty": "EC", "crv": "P-999", "kid": "next", "x": "aa", "y": "bb"},
    {"kty": "AKP", "alg": "ML-DSA-44", "kid": "later", "pub": "aa"},
    {"kty": "RSA", "kid": "broken", "n": "!!", "e": ""},
)


@dataclass
class Grant:
    asked: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    issuer = ""
    grants: dict[str, Grant] = {}

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            return self._json(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                }
            )
        if parts.path == "/jwks":
            return self._json({"keys": [*UNREADABLE, KEY.as_dict(private=False)]})
        if parts.path == "/userinfo":
            sub = self.headers["Authorization"].removeprefix("Bearer ")
            address = {"email": "userinfo@example.org", "email_verified": True} if sub == "at userinfo" else {}
            return self._json({"sub": sub, "groups": ["told at userinfo"], **address})
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(asked)
        error = {"denied": "access_denied", "busy": "temporarily_unavailable"}.get(asked.get("break", ""))
        answer = {"state": asked["state"], **({"error": error} if error else {"code": code})}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.end_headers()
        return None

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        grant = self.grants.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if (
            grant is None
            or self.headers["Authorization"] != f"Basic {credentials}"
            or grant.asked["code_challenge_method"] != "S256"
            or grant.asked["code_challenge"] != challenge.decode()
            or grant.asked["redirect_uri"] != form["redirect_uri"]
        ):
            return self._json({"error": "invalid_grant"}, 400)
        wrong = grant.asked.get("break", "")
        if wrong in ("client", "down"):
            return self._json({"error": "invalid_client"}, 401) if wrong == "client" else self._json({}, 500)
        claims = json.loads(grant.asked.get("claims", "{}"))
        return self._json(
            {"access_token": claims["sub"], "token_type": "Bearer", "id_token": self._token(grant, claims)}
        )

    def _token(self, grant: Grant, claims: dict[str, Any]) -> str:
        wrong, now = grant.asked.get("break", ""), int(time.time())
        said = {
            "iss": f"{self.issuer}/other" if wrong == "issuer" else self.issuer,
            "aud": "somebody else" if wrong == "audience" else CLIENT_ID,
            "nonce": "another" if wrong == "nonce" else grant.asked["nonce"],
            "iat": now - 7200 if wrong == "expired" else now,
            "exp": now - 3600 if wrong == "expired" else now + 300,
            "auth_time": now + {"old": -7200, "future": 7200}.get(wrong, 0),
            **claims,
        }
        if wrong == "unsigned":
            parts = ({"alg": "none"}, said)
            return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."
        return jwt.encode({"alg": "RS256", "kid": "first"}, said, ANOTHER if wrong == "signature" else KEY)

    def _json(self, body: object, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def provider_process() -> Iterator[str]:
    """Its issuer, while it serves."""
    command = [sys.executable, "-m", "tests.oidc_provider"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.issuer = f"http://127.0.0.1:{server.server_port}"
    print(Handler.issuer, flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
