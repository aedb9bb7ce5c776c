"""The scaffold comes from the model's own template, and nothing of a client ever reaches the template engine."""

import pytest
from casebrief.models.chat import scaffold

CHATML = (
    "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}{{ bos_token }}"
    "{% for m in messages %}<start>{{ m['role'] }}\n{{ m['content'] | trim }}<end>\n{% endfor %}<start>model\n"
)


def test_chatml():
    frame = scaffold(CHATML, "Be exact.")
    assert frame.before == "<|im_start|>system\nBe exact.<|im_end|>\n<|im_start|>user\n"
    assert frame.between == "\n\n"
    assert frame.after == "<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_without_a_system_role_gets_the_instructions_in_the_users_message():
    frame = scaffold(NO_SYSTEM, "Be exact.", bos="<bos>")
    assert frame.before == "<bos><start>user\nBe exact.\n\n"
    assert frame.after.endswith("<start>model")  # Jinja drops one line break at the end, as the reference implementation does


def test_a_model_without_a_template_gets_a_plain_layout():
    assert scaffold(None, "Be exact.").after == "\nAnswer:\n"


def test_a_template_that_loses_the_message_is_refused():
    with pytest.raises(ValueError, match="exactly once"):
        scaffold("{{ bos_token }}hello", "Be exact.")
