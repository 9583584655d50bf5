"""The keys of a route beside the sessions of one prefix.

All of them begin with `snakeweb:`; those of buckets end with the bucket's number.
`gate` the fence's epoch; `epoch` and `seq` of the newest version minted; `journal` the marked ids by the ms of their
first mark; `dead` the ids of tombstones by their ms; `route` the mirrored record, MessagePack [epoch, document, route's
name]; `legacy` the count of writes without a guard. What belongs to one session lies beside it (`sessions.redis.meta`).
"""

from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.sessions.redis.scripts import fence_key, route_key

GRACE_MS = 3_600_000  # metadata outlives its session so long, so that a late older record is refused
INEXACT_MS = 100  # how far a deadline may seem moved where it is reckoned from what is left
KINDS = ("gate", "epoch", "seq", "journal", "dead")


class RouteKeys:
    """Names as bytes. Those of the buckets are made once: a client needs them in every call."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.encode()
        self.gates = self._of_buckets("gate")
        self.epochs = self._of_buckets("epoch")
        self.seqs = self._of_buckets("seq")
        self.journals = self._of_buckets("journal")
        self.dead = self._of_buckets("dead")
        self.route = route_key(prefix).encode()
        self.legacy = b"snakeweb:legacy:" + self.prefix
        self.marker = b"snakeweb:versioned:" + self.prefix

    def _of_buckets(self, kind: str) -> list[bytes]:
        return [self.start(kind) + b"%d" % bucket for bucket in range(BUCKETS)]

    def start(self, kind: str) -> bytes:
        """What the keys of this kind begin with, up to the bucket's number."""
        return b"snakeweb:" + kind.encode() + b":" + self.prefix + b":"


def writer(worker: WorkerToken) -> tuple[bytes, bytes]:
    """The key of a worker's fence and the worker's token, which every script of a worker compares."""
    return fence_key(worker.scope).encode(), b"%d" % worker.token
