from __future__ import annotations

import pytest

from airflow_provider_partnercenter.commands.output import print_rows


@pytest.mark.parametrize("output", ["table", "json", "yaml", "plain"])
@pytest.mark.parametrize("text", ["[partnercenter] webhook_enabled", "[correlation id c-1]", "[/x] :warning: [bold]"])
def test_what_looks_like_a_style_is_text(text, output, capsys):
    print_rows([{"finding": text}], output)
    assert text in capsys.readouterr().out
