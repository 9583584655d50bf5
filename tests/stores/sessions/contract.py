"""What holds for every session store in every layout. A subclass gives a `place` fixture and runs it all."""

from tests.stores.sessions.guarding_contract import GuardingContract
from tests.stores.sessions.reading_contract import ReadingContract
from tests.stores.sessions.writing_contract import WritingContract


class StoreContract(ReadingContract, WritingContract, GuardingContract):
    pass
