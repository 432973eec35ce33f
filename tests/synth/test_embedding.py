import numpy as np

from longweave.synth.embedding import DIMENSIONS, MAX_TOKENS, encode

QUESTION = "What were Apple's total net sales in fiscal 2024?"
SAME_MEANING = "How much revenue did Apple report altogether for fiscal year 2024?"
OTHER_MEANING = "Who married the miller's youngest daughter?"


def test_a_vector_has_unit_length_and_384_numbers():
    vectors = encode([QUESTION, OTHER_MEANING, ""])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_texts_of_one_meaning_are_nearer_than_texts_of_two():
    question, same, other = encode([QUESTION, SAME_MEANING, OTHER_MEANING])
    assert question @ same > 0.8
    assert question @ other < 0.2


def test_similarities_are_those_of_the_model_before_its_weights_were_rounded():
    """The expected values come from the float32 weights, worked out layer by layer in numpy."""
    vectors = encode(
        [QUESTION, SAME_MEANING, OTHER_MEANING, "That is a happy person", "That is a very happy person"]
    )
    similarity = vectors @ vectors.T
    np.testing.assert_allclose(similarity[0, 1:3], [0.8672, 0.0729], atol=0.005)
    np.testing.assert_allclose(similarity[3, 4], 0.9429, atol=0.005)


def test_a_vector_depends_on_its_text_alone():
    alone = encode([QUESTION])[0]
    among = encode([OTHER_MEANING * 20, "a", QUESTION, SAME_MEANING, QUESTION])
    np.testing.assert_array_equal(among[2], alone)
    np.testing.assert_array_equal(among[4], alone)


def test_case_does_not_count_and_what_follows_the_longest_text_neither():
    lower, upper = encode([QUESTION.lower(), QUESTION.upper()])
    np.testing.assert_array_equal(lower, upper)
    words = "tax " * MAX_TOKENS
    cut, longer = encode([words, words + OTHER_MEANING])
    np.testing.assert_array_equal(cut, longer)


def test_texts_that_utf8_cannot_hold_have_a_vector():
    assert np.isfinite(encode(["broken \ud800 surrogate", "日本語", "\x00"])).all()


def test_no_text_gives_no_vector():
    assert encode([]).shape == (0, DIMENSIONS)
