"""The sample corpus as a document pool, built once for all tests of this room."""

import pytest

from tests.sample_corpus import SampleCorpus, pool_sample


@pytest.fixture(scope="session")
def sample_corpus(tmp_path_factory: pytest.TempPathFactory) -> SampleCorpus:
    return pool_sample(tmp_path_factory.mktemp("pool"))
