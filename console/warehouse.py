"""The options of `check` that name a warehouse, and the settings they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from connectors.crm_settings import CrmSettings
from connectors.warehouse.settings import Engine, WarehouseSettings
from engine.runs.mistakes import Mistake

EngineOption = Annotated[
    Engine | None, typer.Option("--engine", help="Where the query that judges runs; usually where the tables are.")
]
Master = Annotated[
    str,
    typer.Option("--master", metavar="URL", help="The Spark that runs it, such as `local[2]`; for `--engine spark`."),
]
Mapping = Annotated[
    str,
    typer.Option(
        "--warehouse",
        metavar="FILE",
        help="Where the columns stand in the tables: a mapping, or a ready one such as `fivetran-salesforce`.",
    ),
]
Parquet = Annotated[
    Path | None, typer.Option("--parquet", metavar="FOLDER", help="A folder of Parquet files that holds the tables.")
]


@dataclass(frozen=True)
class WarehouseAsked:
    """What the options said of a warehouse."""

    engine: Engine | None = None
    master: str = ""
    mapping: str = ""
    parquet: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.engine or self.master or self.mapping or self.parquet)

    def settings(self, name: str, configured: CrmSettings | None) -> WarehouseSettings:
        """Make settings of what is configured and what was said, which comes first."""
        if configured is not None and not isinstance(configured, WarehouseSettings):
            raise Mistake(
                f"CRM `{name}` is no warehouse", "`--parquet FOLDER` names one, or `type: warehouse` in the file"
            )
        if self.master and self.engine not in {None, Engine.SPARK}:
            raise Mistake("`--master` goes with `--engine spark`", "leave it out, or choose that engine")
        usual = Engine.SPARK if self.master else Engine.DUCKDB
        base = configured or WarehouseSettings(name or str(self.parquet or "warehouse"), self.engine or usual)
        if self.parquet is not None:
            base = replace(base, parquet=self.parquet, url=None)
        return replace(
            base,
            engine=self.engine or (Engine.SPARK if self.master else base.engine),
            master=self.master or base.master,
            mapping=str(Path(self.mapping).resolve()) if Path(self.mapping).is_file() else self.mapping or base.mapping,
        )
