from migrations_app.web.yaml_view import yaml_lines

TEXT = """kind: Migration
metadata:
  description: |-
    Note: this is text

    spec: so is this
  environment: dev
spec:
  targets: {}
  odd key: x
"""


def test_not_a_word_is_changed():
    assert "".join(f"{line.before}{line.key}{line.rest}\n" for line in yaml_lines(TEXT)) == TEXT


def test_keys_stand_apart_from_text():
    keys = [line.key for line in yaml_lines(TEXT)]

    assert keys == ["kind", "metadata", "description", "", "", "", "environment", "spec", "targets", ""]
