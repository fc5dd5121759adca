import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trading", "0007_predecessor"),
    ]

    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="role",
            field=models.CharField(
                choices=[
                    ("tenderee", "tenderee"),
                    ("agency", "tendering agency"),
                    ("prospect", "potential tenderer"),
                    ("invitee", "invitee"),
                    ("tenderer", "tenderer"),
                    ("trustee", "trustee of the seal"),
                    ("evaluator", "evaluator"),
                    ("supervisor", "supervisor"),
                    ("inspector", "inspector"),
                    ("notary", "notary"),
                    ("archivist", "archivist"),
                    ("operator", "operator"),
                    ("clock", "the clock"),
                ],
                max_length=16,
                verbose_name="role",
            ),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("invited_at", models.DateTimeField(verbose_name="invited at")),
                ("invited_by", models.CharField(max_length=80, verbose_name="invited by")),
                ("answer_until", models.DateTimeField(verbose_name="to be answered by")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                (
                    "accepted",
                    models.BooleanField(blank=True, null=True, verbose_name="accepted"),
                ),
                (
                    "reason",
                    models.CharField(blank=True, max_length=500, verbose_name="reason"),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="trading.lot",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="trading.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("lot", "organisation"), name="one_invitation_per_organisation"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(answered_at__isnull=True, accepted__isnull=True)
                        | models.Q(answered_at__isnull=False, accepted__isnull=False),
                        name="answered_invitations_say_what",
                    ),
                ],
            },
        ),
    ]
