"""The recurrent wing: the net of the course with back-propagation through time written out, and gradient flow in torch.

Importing it loads numpy alone.
"""

from __future__ import annotations

__all__: list[str] = []
