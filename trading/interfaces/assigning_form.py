"""Who is what to a lot: given by those who may give it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.models import User
from trading.domain.projects import MAY_ASSIGN
from trading.enums import LotRole, OrganisationKind
from trading.interfaces.forms import SunlitForm
from trading.models import Organisation

#: Roles of organisations, with the kind that an organisation must have; None for any.
OF_ORGANISATIONS: dict[str, str | None] = {
    LotRole.TRUSTEE: None,
    LotRole.AGENCY: OrganisationKind.AGENCY,
    LotRole.NOTARY: OrganisationKind.NOTARY,
    LotRole.SUPERVISOR: OrganisationKind.SUPERVISOR,
}
#: Roles of people.
OF_PEOPLE = (LotRole.INSPECTOR.value, LotRole.ARCHIVIST.value)


def roles_to_give(held: Iterable[str]) -> list[str]:
    """The roles that somebody with these roles may give, in the order of their list."""
    given = frozenset().union(*(MAY_ASSIGN.get(role, frozenset()) for role in held))
    return [role.value for role in LotRole if role in given]


class AssignForm(SunlitForm):
    """A role, and the organisation or the person that gets it."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        error_messages={
            "required": gettext_lazy("Choose the role."),
            "invalid_choice": gettext_lazy("You may not give this role. Choose one of the list."),
        },
    )
    organisation = forms.ChoiceField(
        label=gettext_lazy("Organisation"),
        help_text=gettext_lazy("Verified organisations; whoever acts for it has the role."),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a verified organisation.")},
    )
    username = forms.CharField(
        label=gettext_lazy("User name"),
        help_text=gettext_lazy("For inspectors and archivists: a role of one person."),
        required=False,
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason (may be left out)"), required=False, max_length=200,
        error_messages={"max_length": gettext_lazy("At most %(limit_value)d characters.")},
    )

    def __init__(self, *args: Any, roles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = {
            str(row.pk): row
            for row in Organisation.objects.filter(verified_at__isnull=False).order_by("name", "pk")
        }
        self.person: User | None = None
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")), *((role, LotRole(role).label) for role in roles),
        ]
        self.fields["organisation"].choices = [  # type: ignore[attr-defined]
            ("", _("none")), *((pk, row.name) for pk, row in self.organisations.items()),
        ]
        if not set(roles) & set(OF_PEOPLE):
            del self.fields["username"]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        role = found.get("role")
        if role in OF_PEOPLE:
            self._find_person(found)
        elif role:
            self._check_organisation(role, found)
        return found

    def _find_person(self, found: dict[str, Any]) -> None:
        name = found.get("username", "").strip().lower()
        self.person = User.objects.filter(username=name, is_active=True).first()
        if not name:
            self.add_error("username", _("Enter the person's user name."))
        elif self.person is None:
            self.add_error("username", _("Nobody has this user name."))

    def _check_organisation(self, role: str, found: dict[str, Any]) -> None:
        row = self.organisations.get(found.get("organisation", ""))
        kind = OF_ORGANISATIONS.get(role)
        if row is None:
            if "organisation" not in self.errors:
                self.add_error("organisation", _("Choose the organisation."))
        elif kind is not None and kind not in row.kinds:
            self.add_error(
                "organisation",
                _("%(name)s is not registered as %(kind)s.")
                % {"name": row.name, "kind": OrganisationKind(kind).label},
            )
