"""The how-to of feature maps runs as it stands."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "feature-maps.md"


def test_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.S)
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(block, namespace)
    maps = namespace["maps"]
    assert set(maps) == {"stat_var", "cm_contrast_3D_comb"}
    assert maps["stat_var"][:, :, :8].mean() > 4 * maps["stat_var"][:, :, 16:].mean()
