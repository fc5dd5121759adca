from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0003_award_and_contract")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="refused_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="refused at"),
        ),
    ]
