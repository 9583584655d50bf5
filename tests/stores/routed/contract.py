"""What holds for every store under a route. SQL stores subclass `SqlContract` (sql_contract.py) beside it."""

from tests.stores.routed.client_contract import ClientContract
from tests.stores.routed.fence_contract import FenceContract
from tests.stores.routed.journal_contract import JournalContract
from tests.stores.routed.replica_contract import ReplicaContract


class RoutedContract(ClientContract, FenceContract, JournalContract, ReplicaContract):
    pass
