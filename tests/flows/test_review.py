"""``longweave review``: marking in a real browser, whom the server answers, and the command itself."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from longweave.flows.review_step import RunShelf
from longweave.flows.settings import RunSettings
from longweave.synth.config import resolve_settings
from longweave.synth.records import Checked, Document, Evidence, Sample, to_table
from longweave.synth.run_directory import read_run
from longweave.synth.stage import REJECT_SCHEMA
from longweave.verify.marks import MARKS_FILE, MarkBook, read_marks
from longweave.verify.review import make_app
from longweave.verify.review.show import WINDOW
from tests.browser import open_browser, open_page
from tests.conftest import ROOT
from tests.made_samples import APPLE, REVENUES, STANDARD, UNION_PACIFIC, Shown, make_sample, quote
from tests.made_trials import make_trial
from tests.verify.test_report import ATTACK

TOKEN = "token-of-the-test"
NOW = "2025-01-01T12:00:00+00:00"


def hostile() -> Sample:
    """A sample that attacks with every text that it has."""
    text = APPLE.text.replace("Total net sales", f"Total {ATTACK} sales")
    evil = APPLE.model_copy(update={"title": ATTACK, "text": text})
    shown = (STANDARD[0], Shown(evil, "needed"), STANDARD[2])
    return make_sample(
        shown,
        f"{ATTACK}?",
        (quote(evil, ATTACK), REVENUES),
        support=[],
        sample_id="hostile",
        answer=ATTACK,
        unit=ATTACK,
        question_type=ATTACK,
        maker=ATTACK,
        reasoning=json.dumps({"sql": ATTACK, "rows": [{ATTACK: ATTACK}]}),
    )


def long() -> Sample:
    """A sample whose evidence lies deep in a long document, after characters that JavaScript counts twice."""
    text = "\U0001f40b and so on.\n" * 12_000 + "The answer is 391,035 here.\n" + "And on.\n" * 10_000
    document = Document(**(APPLE.model_dump() | {"text": text}))
    start = text.index("391,035")
    evidence = (Evidence.of(document, start, start + 7), REVENUES)
    shown = (STANDARD[0], Shown(document, "needed"), Shown(UNION_PACIFIC, "needed"))
    return make_sample(
        shown, "How long is it?", evidence, support=[], sample_id="long", target_tokens=120_000
    )


def made_samples() -> list[Sample]:
    """Samples of two tasks and several lengths, some plain, one hostile, one long."""
    plain = [
        make_sample(
            question=f"What is the {name} figure?",
            sample_id=name,
            target_tokens=8_000 if n % 2 else 20_000,
            task="numerical" if n < 3 else "multi_hop",
        )
        for n, name in enumerate(("first", "second", "third", "fourth", "fifth"))
    ]
    return [*plain, hostile(), long()]


@pytest.fixture(scope="module")
def made_run(tmp_path_factory: pytest.TempPathFactory, small_settings: dict[str, Any]) -> Path:
    """A run whose grounding gate has dropped ``second`` and kept the others with a trial."""
    folder = tmp_path_factory.mktemp("made") / "reviewed"
    settings = RunSettings.model_validate({**small_settings, "verify": {"grounding": {}}})
    made = made_samples()
    kept = [
        Checked(sample_id=sample.sample_id, checks=[], trials=[make_trial("closed_book", passes=1)])
        for sample in made
        if sample.sample_id != "second"
    ]
    reject = {
        "stage": "check_grounding",
        "record_id": "second",
        "reason": "known_without_documents",
        "detail": "4 of 4 right: 415285",
    }
    for name in ("verified", "checks/grounding", "rejects/check_grounding"):
        (folder / name).mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"settings": resolve_settings(settings)}))
    pq.write_table(to_table(made, Sample), folder / "verified" / "train-0.parquet", row_group_size=2)
    pq.write_table(to_table(kept, Checked), folder / "checks" / "grounding" / "train-0.parquet")
    rejects = pa.Table.from_pylist([reject], schema=REJECT_SCHEMA)
    pq.write_table(rejects, folder / "rejects" / "check_grounding" / "train-0.parquet")
    return folder


@pytest.fixture
def run(made_run: Path, tmp_path: Path) -> Path:
    """A run for one test."""
    return Path(shutil.copytree(made_run, tmp_path / made_run.name))


@dataclass
class Served:
    """A run under review."""

    run: Path
    address: str

    @property
    def url(self) -> str:
        """The address with its token."""
        return f"{self.address}/?token={TOKEN}"

    def marks(self) -> dict[str, tuple[str | None, str]]:
        """What is on the disk."""
        return {key: (mark.mark, mark.reason) for key, mark in read_marks(self.run / MARKS_FILE).items()}


@contextmanager
def serve(run: Path) -> Iterator[Served]:
    """The review server of ``run`` in a thread."""
    shelf = RunShelf(str(run), RunSettings.model_validate(read_run(str(run)).settings))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = make_app(
            shelf, MarkBook(run / MARKS_FILE), token=TOKEN, port=port, now=lambda: NOW, reviewer="me"
        )
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Served(run, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def served(run: Path) -> Iterator[Served]:
    with serve(run) as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(made_run: Path) -> Iterator[Served]:
    """A server for tests that mark nothing."""
    with serve(made_run) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """The page with its first sample; it must not complain of anything, nor ask anyone else."""
    with open_page(browser) as watched:
        watched.page.goto(served.url)
        expect(watched.page.locator(".question")).to_have_text("What is the first figure?")
        yield watched.page
        assert watched.complaints == []
        assert [url for url in watched.asked if not url.startswith((served.address, "data:,"))] == []


def question(page: Page) -> Any:
    """What the page asks, to be expected."""
    return expect(page.locator(".question"))


def test_keys_step_through_the_samples(page: Page) -> None:
    for key, name in (("j", "second"), ("ArrowRight", "third"), ("k", "second"), ("ArrowLeft", "first")):
        page.keyboard.press(key)
        question(page).to_have_text(f"What is the {name} figure?")
    page.keyboard.press("k")
    expect(page.locator("#alert")).to_have_text("This is the first one.")


def test_a_mark_by_key_is_stored_goes_on_and_survives_a_reload(page: Page, served: Served) -> None:
    page.keyboard.press("g")
    question(page).to_have_text("What is the second figure?")
    assert served.marks() == {"first": ("good", "")}
    page.keyboard.press("b")
    page.keyboard.type("two answers, g and u")
    assert served.marks().keys() == {"first"}
    page.keyboard.press("Enter")
    question(page).to_have_text("What is the third figure?")
    assert served.marks() == {"first": ("good", ""), "second": ("bad", "two answers, g and u")}
    expect(page.locator("#progress")).to_have_text("2 of 7 marked")
    page.keyboard.press("k")
    question(page).to_have_text("What is the second figure?")
    page.reload()
    question(page).to_have_text("What is the second figure?")
    expect(page.locator("#marked")).to_have_text("Marked bad: two answers, g and u (me)")
    expect(page.locator("#progress")).to_have_text("2 of 7 marked")
    expect(page.locator(".row").nth(0)).to_contain_text("good")


def test_what_is_stored_says_when_and_by_whom(page: Page, served: Served) -> None:
    page.keyboard.press("g")
    question(page).to_have_text("What is the second figure?")
    line = json.loads((served.run / MARKS_FILE).read_text())
    assert line == {"sample_id": "first", "mark": "good", "reason": "", "time": NOW, "reviewer": "me"}


def test_escape_leaves_the_reason_without_a_mark(page: Page, served: Served) -> None:
    page.keyboard.press("b")
    page.keyboard.type("no")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    question(page).to_have_text("What is the second figure?")
    assert served.marks() == {}


def test_undo_brings_back_what_was_there_and_shows_the_sample(page: Page, served: Served) -> None:
    page.keyboard.press("g")
    question(page).to_have_text("What is the second figure?")
    page.keyboard.press("k")
    question(page).to_have_text("What is the first figure?")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    question(page).to_have_text("What is the second figure?")
    assert served.marks() == {"first": ("bad", "")}
    page.keyboard.press("u")
    question(page).to_have_text("What is the first figure?")
    assert served.marks() == {"first": ("good", "")}
    page.keyboard.press("u")
    expect(page.locator("#marked")).to_have_text("Not marked")
    assert served.marks() == {}
    assert len((served.run / MARKS_FILE).read_text().splitlines()) == 4


def test_the_list_is_filtered_and_searched(page: Page) -> None:
    found = expect(page.locator("#found"))
    page.select_option("[name=target_tokens]", "8000")
    found.to_have_text("2 samples")
    question(page).to_have_text("What is the second figure?")
    page.select_option("[name=task]", "multi_hop")
    found.to_have_text("1 sample")
    question(page).to_have_text("What is the fourth figure?")
    page.select_option("[name=task]", "")
    page.select_option("[name=target_tokens]", "")
    page.select_option("[name=outcome]", "check_grounding: known_without_documents")
    found.to_have_text("1 sample")
    expect(page.locator(".why")).to_contain_text("4 of 4 right: 415285")
    page.select_option("[name=outcome]", "")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("FIGURE fif")
    found.to_have_text("1 sample")
    question(page).to_have_text("What is the fifth figure?")
    page.fill("[name=words]", "no such words")
    found.to_have_text("0 samples")
    expect(page.locator("#sample")).to_have_text("No sample is as asked for.")


def test_unmarked_ones_are_shown_and_stay_in_the_list_until_asked_again(page: Page) -> None:
    page.select_option("[name=marked]", "good")
    expect(page.locator("#found")).to_have_text("0 samples")
    page.select_option("[name=marked]", "unmarked")
    expect(page.locator("#found")).to_have_text("7 samples")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    question(page).to_have_text("What is the second figure?")
    page.keyboard.press("k")
    question(page).to_have_text("What is the first figure?")
    page.select_option("[name=marked]", "good")
    expect(page.locator("#found")).to_have_text("1 sample")
    page.select_option("[name=marked]", "unmarked")
    expect(page.locator("#found")).to_have_text("6 samples")


def test_a_sample_shows_its_answer_proof_trials_and_documents(page: Page) -> None:
    shown = page.locator("#sample")
    expect(shown.locator(".answer")).to_have_text("Answer 415285 millions of US dollars")
    expect(shown.get_by_role("region", name="Trials")).to_contain_text("without documents")
    expect(shown.get_by_role("region", name="Trials")).to_contain_text("1 of 4")
    expect(shown.locator("pre")).to_have_text("SELECT sum(value) / 1000000 FROM scope")
    expect(shown.locator("blockquote").first).to_contain_text("Total net sales | 391,035 | 383,285")
    assert shown.locator(".document").count() == shown.locator(".strip rect").count() == 3
    assert shown.locator(".strip line.mark").count() == 2
    assert page.locator(".text").all_inner_texts() == ["", "", ""]


def test_the_context_is_fetched_by_document_with_the_evidence_marked(page: Page) -> None:
    page.keyboard.press("n")
    marked = page.locator(".text mark")
    expect(marked).to_have_text("391,035")
    expect(page.locator(".document[open] .title")).to_have_text(APPLE.title)
    page.keyboard.press("n")
    expect(page.locator("mark.here")).to_have_text("24,250")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".document[open]")).to_have_count(3)
    expect(page.locator(".text").nth(0)).to_contain_text("See accompanying notes")


def test_a_long_document_comes_in_windows_around_its_evidence(page: Page) -> None:
    page.fill("[name=words]", "long")
    question(page).to_have_text("How long is it?")
    page.get_by_role("button", name="Show in context").first.click()
    expect(page.locator("mark.here")).to_have_text("391,035")
    text = page.locator(".text").nth(1)
    assert len(text.inner_text()) < 2 * WINDOW
    for name in ("Earlier text", "Later text"):
        show_all_of_it(page, name)
    expect(page.locator("details[open] .note")).to_have_text("")
    sample = long()
    piece = sample.context[1]
    shown = text.evaluate("(element) => element.textContent")
    assert shown == sample.prompt[0].content[piece.context_start : piece.context_end]


def show_all_of_it(page: Page, button: str) -> None:
    """Click ``button`` of the open document as long as it is there."""
    place = page.locator("details[open] .note")
    while page.get_by_role("button", name=button).is_visible():
        before = place.inner_text()
        page.get_by_role("button", name=button).click()
        expect(place).not_to_have_text(before)


def test_an_attack_in_any_text_stays_text(page: Page) -> None:
    page.fill("[name=words]", "onerror")
    question(page).to_have_text(f"{ATTACK}?")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".text").nth(1)).to_contain_text(ATTACK)
    expect(page.locator(".document .title").nth(1)).to_have_text(ATTACK)
    expect(page.locator(".answer b")).to_have_text(ATTACK)
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.type(ATTACK)
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_have_text("1 of 7 marked")
    expect(page.locator("#marked")).to_contain_text(ATTACK)
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1


def test_two_tabs_mark_side_by_side(page: Page, served: Served, browser: Browser) -> None:
    with open_page(browser) as other:
        other.page.goto(served.url)
        question(other.page).to_have_text("What is the first figure?")
        page.keyboard.press("g")
        question(page).to_have_text("What is the second figure?")
        other.page.keyboard.press("j")
        question(other.page).to_have_text("What is the second figure?")
        other.page.keyboard.press("g")
        expect(other.page.locator("#progress")).to_have_text("2 of 7 marked")
        page.keyboard.press("g")
        question(page).to_have_text("What is the third figure?")
    assert served.marks() == {"first": ("good", ""), "second": ("good", "")}


def test_a_mark_that_cannot_be_stored_is_said_and_not_shown(browser: Browser, served: Served) -> None:
    with open_page(browser) as watched:
        page = watched.page
        page.goto(served.url)
        question(page).to_have_text("What is the first figure?")
        (served.run / MARKS_FILE).mkdir()
        page.keyboard.press("g")
        expect(page.locator("#alert")).to_contain_text("marks.jsonl: cannot be")
        question(page).to_have_text("What is the first figure?")
        expect(page.locator("#marked")).to_have_text("Not marked")
        expect(page.locator("#progress")).to_have_text("0 of 7 marked")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_fits_the_screen(browser: Browser, asked: Served, width: int, scheme: str) -> None:
    with open_page(browser, width, scheme) as watched:
        watched.page.goto(asked.url)
        question(watched.page).to_have_text("What is the first figure?")
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width
        for name in ("Good", "Bad", "Undo"):
            box = watched.page.get_by_role("button", name=name).first.bounding_box()
            assert box is not None and 24 <= box["height"] <= 48 < box["width"]
        if width == 400:
            watched.page.click("#list-toggle")
            watched.page.locator(".row").nth(2).click()
            question(watched.page).to_have_text("What is the third figure?")
        assert watched.complaints == []


def test_only_rows_in_sight_exist(browser: Browser, run: Path) -> None:
    made = [make_sample(question=f"Number {n}?", sample_id=str(n)) for n in range(3)]
    table = to_table(made, Sample)
    pq.write_table(pa.concat_tables([table] * 2_000), run / "verified" / "val-0.parquet")
    with serve(run) as served, open_page(browser) as watched:
        watched.page.goto(served.url)
        expect(watched.page.locator("#found")).to_have_text("6,007 samples")
        assert watched.page.locator(".row").count() < 60
        watched.page.evaluate("document.querySelector('#list').scrollTop = 1e9")
        expect(watched.page.locator(".row").last).to_contain_text("Number 2?")
        assert watched.page.locator(".row").count() < 60
        watched.page.locator(".row").last.click()
        question(watched.page).to_have_text("Number 2?")


API = ("/api/run", "/api/search", "/api/rows?numbers=0", "/api/samples/0", "/api/samples/0/documents/1")
GOOD = {"x-longweave-token": TOKEN}


@pytest.mark.parametrize("path", API)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-longweave-token": "token-of-another"},
        {**GOOD, "host": "attacker.example"},
        {**GOOD, "host": "127.0.0.1:1"},
        {**GOOD, "host": "localhost"},
        {**GOOD, "origin": "http://attacker.example"},
        {**GOOD, "origin": "null"},
        {**GOOD, "sec-fetch-site": "cross-site"},
        {**GOOD, "sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_what_is_not_from_the_page_is_refused(asked: Served, path: str, headers: dict[str, str]) -> None:
    assert httpx.get(asked.address + path, headers=GOOD).status_code == 200
    refused = httpx.get(asked.address + path, headers=headers)
    assert refused.status_code == 403
    assert "figure" not in refused.text


def test_the_page_itself_needs_the_token_and_keeps_no_cookie(asked: Served) -> None:
    assert httpx.get(asked.address).status_code == 403
    assert httpx.get(f"{asked.address}/?token=wrong").status_code == 403
    answer = httpx.get(asked.url)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'") and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "require-trusted-types-for 'script'" in policy
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"


MARK = {"number": 0, "mark": "bad", "reason": ""}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"headers": GOOD}, 403),  # no Origin
        ({"headers": {**GOOD, "origin": "http://attacker.example"}}, 403),
        ({"headers": {"origin": "{own}"}}, 403),  # no token
        ({"headers": {**GOOD, "origin": "{own}", "content-type": "text/plain"}}, 415),
        ({"json": {**MARK, "mark": "splendid"}}, 422),
        ({"json": {**MARK, "number": 99}}, 404),
        ({"json": {**MARK, "number": -1}}, 404),
        ({"json": {**MARK, "reason": "x" * 2_001}}, 422),
        ({"json": {**MARK, "reason": "x" * 50_000}}, 413),
        ({"json": {**MARK, "more": 1}}, 422),
    ],
    ids=str,
)
def test_a_mark_that_is_not_the_pages_own_is_refused(
    asked: Served, change: dict[str, Any], status: int
) -> None:
    request: dict[str, Any] = {"json": MARK, "headers": {**GOOD, "origin": "{own}"}} | change
    request["headers"] = {name: value.format(own=asked.address) for name, value in request["headers"].items()}
    assert httpx.post(f"{asked.address}/api/marks", **request).status_code == status
    assert asked.marks() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/api/samples/7",
        "/api/samples/0/documents/4",
        "/api/samples/0/documents/1?evidence=9",
        "/assets/server.py",
        "/assets/..%2fmarks.py",
        "/run.json",
    ],
)
def test_what_is_not_there_is_not_found(asked: Served, path: str) -> None:
    assert httpx.get(asked.address + path, headers=GOOD).status_code == 404


def test_other_methods_change_nothing(asked: Served) -> None:
    headers = {**GOOD, "origin": asked.address}
    assert httpx.put(f"{asked.address}/api/marks", headers=headers, json=MARK).status_code == 405
    assert httpx.get(f"{asked.address}/api/marks", headers=headers).status_code == 405


COMMAND = (sys.executable, "-c", "from longweave.flows.cli import main; main()", "review", "--no-browser")


@contextmanager
def command(run: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """``longweave review`` in a process of its own, and the address that it has printed."""
    process = subprocess.Popen(
        [*COMMAND, str(run), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said)
        assert found is not None, said
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


def mark_by_hand(url: str, number: int) -> None:
    """Mark a sample good, as the page does."""
    address, token = url.split("/?token=")
    headers = {"x-longweave-token": token, "origin": address}
    answer = httpx.post(f"{address}/api/marks", headers=headers, json={"number": number, "mark": "good"})
    assert answer.status_code == 200


def test_ctrl_c_ends_the_command_with_a_line(run: Path) -> None:
    with command(run) as (process, url):
        mark_by_hand(url, 0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert out == f"1 of 7 samples are marked in {run / MARKS_FILE}\n"


def test_marks_survive_a_kill_and_a_torn_line_is_skipped(run: Path) -> None:
    with command(run) as (process, url):
        mark_by_hand(url, 0)
        process.kill()
        process.wait()
    with (run / MARKS_FILE).open("a") as file:
        file.write('{"sample_id":"sec')
    with command(run) as (process, url):
        mark_by_hand(url, 2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert read_marks(run / MARKS_FILE).keys() == {"first", "third"}
    assert "line 2 is not finished and is skipped" in err


def test_every_start_has_a_token_of_its_own_and_listens_on_this_machine_only(run: Path) -> None:
    with command(run) as (_, first), command(run) as (_, second):
        assert first.split("token=")[1] != second.split("token=")[1]
        assert len(first.split("token=")[1]) >= 32
        port = int(first.split(":")[2].split("/")[0])
        with socket.socket() as other:
            other.bind(("127.0.0.2", port))  # taken where it listened on all addresses


def fail(*arguments: str) -> str:
    """What the command says when it does not start."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from longweave.flows.cli import main; main()",
            "review",
            "--no-browser",
            *arguments,
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    return done.stderr


def test_a_mistake_is_one_line(run: Path, tmp_path: Path) -> None:
    assert "nowhere: not a run directory" in fail(str(tmp_path / "nowhere"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port}: is taken. Choose another --port" in fail(str(run), "--port", port)
    (run / "verified" / "train-0.parquet").unlink()
    assert "reviewed: has no verified/ with samples to review" in fail(str(run))
    with pytest.raises(FileNotFoundError):
        (run / MARKS_FILE).stat()
