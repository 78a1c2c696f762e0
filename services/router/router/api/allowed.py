"""What a route asks of who calls it."""

from typing import Any

from service_kit.auth_principal import Scope
from service_kit.runtime import Runtime


def allowed(runtime: Runtime, scope: Scope, *, chooses: bool = False) -> list[Any]:
    """The `dependencies` of a route or router. `chooses`: it leaves out itself what reps and team leads do
    not see; else they pass only where the path names something of theirs.
    """
    return runtime.gate.allowed(scope, chooses=chooses)
