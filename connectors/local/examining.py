"""What `doctor` sees in a local CRM: what can be read, and stages that the playbooks and the deals do not share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.protocol import Connector, CrmError, Health, Observation
from connectors.stage_names import compare_stages
from engine.judge.tables import Tables, canonical_schemas
from rules.playbook import Playbook


def examine(connector: Connector, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Look at a local CRM by reading all of it once."""
    deals, stages, last = 0, set[str](), None
    try:
        for last in connector.read(playbooks):
            deals += len(last.deal_ids)
            if "stage" in last.delivered["deals"]:
                stages |= {stage for stage in last["deals"]["stage"].unique().to_pylist() if stage}
    except CrmError as error:
        yield Observation(Health.WRONG, "reading", str(error))
        return
    yield _read(deals)
    if last is not None:
        yield from _not_delivered(last, playbooks)
        yield from compare_stages(stages, playbooks, connector.name, all_known=False)
    for problem in connector.problems:
        yield Observation(Health.UNWISE, "rows", str(problem), problem.help)


def _read(deals: int) -> Observation:
    if deals:
        return Observation(Health.FINE, "reading", f"{deals:,} deals can be read")
    return Observation(Health.UNWISE, "reading", "there are no deals", "fill it, or load exports by `dealgate import`")


def _not_delivered(tables: Tables, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Name the fields that playbooks declare and the CRM does not hold: what reads them is unjudged."""
    for playbook in playbooks:
        schemas = canonical_schemas(playbook)
        declared = [(each.table, each.id) for each in playbook.fields]
        declared += [(record.id, each.id) for record in playbook.records for each in record.fields]
        for table, column in declared:
            if column not in tables.delivered.get(table, ()) and table in schemas:
                says = f"`{column}` of `{table}`, which `{playbook.id}` reads, is not there"
                yield Observation(Health.UNWISE, "fields", says, "add the column; until then what reads it is unjudged")
