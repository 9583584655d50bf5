"""Any database of SQLAlchemy behind the one contract of databases: its parts put together."""

from migrations_app.stores.tables.alchemy.inspecting import AlchemyInspecting
from migrations_app.stores.tables.alchemy.trapping import AlchemyTrapping
from migrations_app.stores.tables.alchemy.writing import AlchemyWriting


class AlchemyDatabase(AlchemyInspecting, AlchemyTrapping, AlchemyWriting):
    pass
