"""Makes the example pipeline: the deals of a fictional company, some clean, many not, always the same for a seed.

`python -m examples.generate` writes `examples/pipeline` as a CRM would export it;
`python -m examples.generate --scale 100000 --out DIR` writes canonical CSV files for so many deals.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from examples.company import Company, found_company
from examples.flaws import spoil
from examples.good_deals import tell
from examples.story import Story
from examples.writing import Canonical, Export, write

SEED = 20_261_102
DEALS = 320
PIPELINE = Path(__file__).parent / "pipeline"


def main() -> None:
    """Read the arguments, write the files and say where they are."""
    parser = argparse.ArgumentParser(description="Make the example pipeline.")
    parser.add_argument("--out", type=Path, default=PIPELINE, help="the folder to write to")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed gives another company")
    parser.add_argument("--scale", type=int, metavar="N", help="write canonical CSV files for N deals instead")
    asked = parser.parse_args()
    if asked.scale is None:
        generate(asked.out, asked.seed)
    else:
        generate_scaled(asked.out, asked.scale, asked.seed)
    print(f"the pipeline is in {asked.out}")


def generate(out: Path, seed: int = SEED, deals: int = DEALS) -> None:
    """Write the example pipeline as CSV exports of its CRM."""
    company = found_company(seed)
    write(out, company.owners, stories(company, deals), Export())


def generate_scaled(out: Path, deals: int, seed: int = SEED) -> None:
    """Write canonical CSV files for any number of deals, with a rep for every thirty of them or so."""
    company = found_company(seed, reps_per_ten=max(10, deals // 90))
    write(out, company.owners, stories(company, deals), Canonical())


def stories(company: Company, deals: int) -> Iterator[Story]:
    """Tell deal after deal, each spoiled as its owner would."""
    for number in range(deals):
        story = tell(number, company)
        spoil(story)
        story.field_changes.sort(key=lambda row: (row["changed_at"], row["field"]))
        yield story


if __name__ == "__main__":
    main()
