"""The nightly proof that time, money and intake add up; reads only."""

from contactcenter.dashboards.verification.checks import Check
from contactcenter.dashboards.verification.proof import prove, verify

__all__ = ["Check", "prove", "verify"]
