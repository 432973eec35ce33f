import pytest
from pydantic import ValidationError

from longweave.corpus import CorpusSettings

SOURCE = {"name": "filings", "format": "jsonl", "paths": ["data/*.jsonl.gz"]}


def test_a_configuration_needs_only_its_sources() -> None:
    settings = CorpusSettings.model_validate({"sources": [SOURCE]})
    assert (settings.filters.min_tokens, settings.filters.languages) == (96, ("en",))
    assert (settings.duplicates.threshold, settings.decontamination.ngram_words) == (0.8, 13)
    assert CorpusSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sources": []}, "at least 1 item"),
        ({"sources": [SOURCE, SOURCE]}, "two sources have the same name"),
        ({"sources": [SOURCE | {"formt": "jsonl"}]}, "Extra inputs are not permitted"),
        ({"sources": [SOURCE | {"fields": {"txt": "body"}}]}, "Input should be 'doc_id'"),
        ({"sources": [SOURCE | {"values": {"domain": "finance"}}]}, "Input should be 'code'"),
        ({"filters": {"skip_rules": ["lenght"]}}, "Input should be 'length'"),
        ({"duplicates": {"threshold": 0}}, "greater than 0"),
    ],
)
def test_a_setting_that_is_unknown_or_malformed_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CorpusSettings.model_validate({"sources": [SOURCE]} | changes)
