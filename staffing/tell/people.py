"""People as they are told to somebody who knows them by name."""

from __future__ import annotations

from staffing.workspace import Workspace


def named(workspace: Workspace, agent_id: str) -> str:
    """Return an agent's id with her name; the id alone of somebody who is not in the workspace."""
    name = workspace.agents["name"].get(agent_id)
    return f"{agent_id} {name}" if isinstance(name, str) and name != agent_id else agent_id
