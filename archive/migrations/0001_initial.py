import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('trading', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArchivePackage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveSmallIntegerField(verbose_name='version')),
                ('code', models.CharField(max_length=60, verbose_name='archive code')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('layout', models.CharField(max_length=64)),
                ('evidence', models.CharField(max_length=64)),
                ('index_digest', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('files', models.PositiveIntegerField(verbose_name='files')),
                ('checkpoint', models.BigIntegerField()),
                ('summary', models.JSONField(default=dict)),
                ('leaf', models.BigIntegerField(null=True)),
                ('built_at', models.DateTimeField(verbose_name='built at')),
                ('filed_at', models.DateTimeField(verbose_name='filed at')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='packages', to='trading.lot')),
            ],
            options={
                'verbose_name': 'package',
                'verbose_name_plural': 'packages',
                'indexes': [models.Index(fields=['-filed_at', '-id'], name='package_page')],
                'constraints': [models.UniqueConstraint(fields=('lot', 'version'), name='one_package_per_version'), models.UniqueConstraint(fields=('code', 'version'), name='one_code_per_version')],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('placed_by', models.CharField(max_length=60)),
                ('placed_at', models.DateTimeField(verbose_name='placed at')),
                ('lifted_by', models.CharField(blank=True, max_length=60)),
                ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted at')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='trading.lot')),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
                'indexes': [models.Index(fields=['lot', 'lifted_at'], name='hold_of_lot')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by', '')), models.Q(('lifted_at__isnull', False), models.Q(('lifted_by', ''), _negated=True)), _connector='OR'), name='lifted_holds_know_by_whom')],
            },
        ),
    ]
