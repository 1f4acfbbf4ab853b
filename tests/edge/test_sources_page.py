"""docs/SOURCES.md: its example works, its table names every profile, and no key of the language is missing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.column_text import one_column
from collectord.core.exports.forms import NumberForm
from collectord.core.exports.profile_text import parse_profile
from collectord.core.rule_text import Problem, Table
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from tests.core.profile_cases import heard

PAGE = (Path(__file__).parents[2] / "docs" / "SOURCES.md").read_text(encoding="utf-8")


def test_the_worked_example_reads_ids_that_a_spreadsheet_ruined() -> None:
    block = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    problems: list[Problem] = []
    profile = parse_profile("receivables-us", Table(tomllib.loads(block), "", problems))
    assert problems == []
    text = (
        "key_0,business_code,cust_number,name_customer,business_year,doc_id,document_create_date.1,due_in_date,invoice_currency,"
        "document type,total_open_amount,isOpen,Delay_predict\n"
        "1,U001,0200706844,WINC co,2020.0,1930571429.0,2020-02-27,2020-03-13,USD,RV,8734.71,1,1\n"
        "2,CA02,0140104409,LOB llc,2020.0,2960619010.0,2020-03-30,2020-04-09,CAD,ZX,-97.5,1,0\n"
        "3,CA02,0140104409,LOB us,2020.0,2960619011.0,2020-03-30,2020-04-09,CAD,RV,1.00,0,0\n"
    )
    found = heard(profile, text)
    assert [(row["company"], row["debtor_no"], row["item_no"], row["open_amount"], row.get("kind")) for row in found.items] == [
        ("U001", "0200706844", "1930571429", "8734.71", "invoice"),
        ("CA02", "0140104409", "2960619010", "-97.5", None),
    ]
    assert found.reader.notes == ("rows left out: not open (1)",)
    assert found.reader.ignored == ("key_0", "business_year", "Delay_predict")


def test_the_table_names_every_shipped_profile() -> None:
    missing = [name for name in load_rules(shipped_directory("rules")).sources if name != "canonical" and f"`{name}`" not in PAGE]
    assert missing == []


class Listening(Table):
    """Remembers the tables that were asked for, to tell which keys the language has."""

    def __init__(self, data: dict[str, Any], inner: dict[str, Table]) -> None:
        super().__init__(data, "", [])
        self.inner = inner

    def table(self, key: str) -> Table:
        return self.inner.setdefault(key, super().table(key))

    def tables(self, key: str) -> Iterator[Table]:
        for entry in super().tables(key):
            yield self.inner.setdefault(key, entry)


@pytest.mark.parametrize("table", ["", "numbers", "complete", "guards", "rows", "file", "scope", "column", "leave_out", "total"])
def test_every_key_of_the_language_is_explained(table: str) -> None:
    column = Table({}, "", [])
    one_column(column, "amount", {}, NumberForm())
    tables: dict[str, Table] = {"column": column}
    tables[""] = Listening({"leave_out": [{}], "total": [{}], "numbers": {}}, tables)
    parse_profile("x", tables[""])
    asked = tables[table].seen
    assert asked
    assert [key for key in sorted(asked) if not re.search(rf"(?:^|[`\[ ,{{]){key}\b", PAGE, re.MULTILINE)] == []
