"""What is taken out of a response as its answer."""

import pytest

from longweave.synth.answers import extract_answer

RESPONSES = [
    ("Let me see. Therefore, the answer is 391,035.", "391,035"),
    ("Therefore, the answer is (391,035)", "(391,035)"),
    ("**Therefore, the answer is** $391,035 million.", "$391,035 million"),
    ("**Therefore, the answer is $391,035 million.**", "$391,035 million"),
    ("Therefore, the answer is: **24.6%**", "24.6%"),
    ("therefore the answer is Apple Inc.", "Apple Inc."),
    ("Therefore, the answer is \\boxed{24.6\\%}.", "24.6%"),
    ("Therefore, the answer is $\\boxed{24.6}$.", "24.6"),
    ("Therefore, the answer is \\(\\boxed{\\text{Apple Inc.}}\\)", "Apple Inc."),
    ("Therefore, the answer is:\n\n\\[\n\\boxed{1{,}234}\n\\]", "1,234"),
    ("Therefore, the answer is:\n- Apple\n- Walmart\n\nSources: 10-K", "- Apple\n- Walmart"),
    ("Therefore, the answer is 5.2", "5.2"),
    ("Therefore, the answer is $5.20 per share.", "$5.20 per share"),
    ("Therefore, the answer is 1.2 \\times 10^9", "1.2 × 10^9"),
    ('Therefore, the answer is "September 28, 2024".', "September 28, 2024"),
    ("Therefore, the answer is 4.\nWait. I missed one.\nTherefore, the answer is 5.", "5"),
    ("<think>Therefore, the answer is 4.</think>\nTherefore, the answer is 5.", "5"),
    ("Therefore, the answer is 4.</think>\n\nThe answer is 5.", "5"),
    ("<think>it goes on and on, therefore, the answer is 4", ""),
    ("Therefore, the answer is (insert answer here)", ""),
    ("The final answer is B.", "B"),
    ("**Answer:** 42", "42"),
    ("Well.\n\n\n > ** Answer: 42" + "\n" * 1_000 + "-", "42"),
    ("Final Answer: 42 million", "42 million"),
    ("So we get \\boxed{42}", "42"),
    ("We add them up.\n\nThe sum is 42.", "The sum is 42"),
    ("Therefore, the answer is 42.<|im_end|>", "42"),
    ("", ""),
]


@pytest.mark.parametrize(("response", "answer"), RESPONSES)
def test_the_answer_is_taken_from_the_closing_line(response: str, answer: str) -> None:
    assert extract_answer(response) == answer
