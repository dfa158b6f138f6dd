"""Idle policies are checked when they are written, not when the ledger needs them."""

import json

import pytest

from contactcenter.worktime.admin import IdlePolicyForm
from contactcenter.worktime.allocation import IdleKind, Policy
from contactcenter.worktime.policies import from_document, policy_from, to_document

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "settings", "cause"),
    [
        ("percent", {}, "needs an account"),
        ("percent", {"percent": {"1": "33.333"}}, "at most two decimals"),
        ("percent", {"percent": {"1": "-5", "2": "105"}}, "must not be negative"),
        ("percent", {"percent": {"1": "90", "2": "20"}}, "must not sum to more"),
        ("percent", {"percent": {"1": "many"}}, "not of the shape"),
        ("percent", {"percent": [1, 2]}, "not of the shape"),
        ("equal", {"account_ids": 7}, "not of the shape"),
        ("dedicated", {"account_id": "Shop"}, "invalid literal"),
    ],
)
def test_settings_the_ledger_could_not_use_are_refused(kind, settings, cause):
    form = IdlePolicyForm({"kind": kind, "settings": json.dumps(settings)})
    assert not form.is_valid()
    assert cause in str(form.errors["settings"])


@pytest.mark.parametrize("kind", ["none", "home", "equal", "dedicated", "proportional", "leads_to"])
def test_settings_may_be_left_to_the_operator(kind):
    assert IdlePolicyForm({"kind": kind, "open_kind": "equal", "settings": "{}"}).is_valid()


def test_policy_survives_its_document():
    policy = policy_from(
        kind="percent", settings={"percent": {"9": "62.5", "4": 37.5}}, home_account_id=None, account_ids=[]
    )
    assert policy == Policy(IdleKind.PERCENT, ((4, 3750), (9, 6250)))
    assert from_document(document=to_document(policy=policy)) == policy


def test_weights_of_open_chats_below_one_are_refused_by_name():
    form = IdlePolicyForm({"kind": "none", "open_kind": "weighted", "settings": '{"open_weights": {"1": 0}}'})
    assert form.errors == {"settings": ["open_weights: a part must be above zero"]}
