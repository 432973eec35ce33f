"""Documents that state a row of the question, or would add one, are kept out of its context."""

from longweave.tables import Conflicts, PoseSettings, load_items, load_pool, pose_questions


def test_other_documents_with_the_same_row_are_forbidden(corpus, facts):
    pool = load_pool()
    conflicts = Conflicts(facts, pool)
    settings = PoseSettings(questions_per_kind=3)
    candidates = [p.candidate for p in pose_questions(corpus, pool, load_items(), settings, 2) if p.candidate]
    forbidding = [c for c in candidates if conflicts.forbidden(c)]
    assert forbidding
    for candidate in candidates:
        assert not conflicts.forbidden(candidate) & set(candidate.doc_ids)
    # The balance of December 31, 2024 stands in Union Pacific's 10-K and again in its 10-Q.
    balances = [c for c in forbidding if "edgar-UNP-10k-2025-02-07" in c.doc_ids]
    assert any("edgar-UNP-10q-2025-07-24" in conflicts.forbidden(c) for c in balances)


def test_a_question_about_all_companies_forbids_every_other_annual_report_of_the_year(corpus, facts):
    pool = load_pool()
    conflicts = Conflicts(facts, pool)
    settings = PoseSettings(questions_per_kind=6)
    posed = pose_questions(corpus, pool, load_items(), settings, 2)
    everyone = [p.candidate for p in posed if p.candidate and p.candidate.question_type == "corpus_total"]
    assert everyone
    for candidate in everyone:
        annual = {
            f.doc_id for f in facts if f.period.months == 12 and str(f.period.end.year) in candidate.question
        }
        assert annual <= conflicts.forbidden(candidate) | set(candidate.doc_ids)
