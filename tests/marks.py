"""Marks that several rooms of tests share."""

import pytest

#: Tests that start whole installations: several processes at work at once. Two of them at a time would measure each
#: other, and take longer than one after the other. It holds with `--dist loadgroup`; the gate keeps modules together.
WHOLE_INSTALLATION = pytest.mark.xdist_group("whole installations")
