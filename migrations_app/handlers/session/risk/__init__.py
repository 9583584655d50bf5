"""What makes moving sessions riskier or safer, beyond the engine's general rules."""

from migrations_app.engine.handler import RiskRule
from migrations_app.handlers.session.risk import amounts, contents, nodes, procedure, stores

RULES: tuple[RiskRule, ...] = (*amounts.RULES, *stores.RULES, *nodes.RULES, *contents.RULES, *procedure.RULES)
