"""What stands between anybody's post and the reps: limits, fill tokens, the captcha, waves of spam."""

from intake.gate.gate import Gate
from intake.gate.limits import Admission

__all__ = ["Admission", "Gate"]
