import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('size', models.BigIntegerField(primary_key=True, serialize=False)),
                ('root', models.BinaryField()),
                ('note', models.TextField()),
                ('at', models.DateTimeField()),
                ('timestamp', models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('beat_at', models.DateTimeField()),
                ('detail', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('data', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='LedgerNode',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'index', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('full_name', models.CharField(max_length=120, verbose_name='name')),
                ('language', models.CharField(default='zh-hans', max_length=10, verbose_name='language')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='AcceptedTrustList',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('territory', models.CharField(max_length=10, verbose_name='territory')),
                ('sequence', models.BigIntegerField(verbose_name='version')),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('signer', models.CharField(max_length=64)),
                ('operator', models.CharField(max_length=200, verbose_name='operator')),
                ('issued_at', models.DateTimeField(verbose_name='issued')),
                ('next_update_at', models.DateTimeField(verbose_name='next update')),
                ('accepted_at', models.DateTimeField(verbose_name='taken in')),
                ('alarms', models.JSONField(default=list)),
                ('changes', models.JSONField(default=list)),
            ],
            options={
                'verbose_name': 'trust list',
                'verbose_name_plural': 'trust lists',
                'constraints': [models.UniqueConstraint(fields=('territory', 'sequence'), name='one_trust_list_per_version')],
            },
        ),
        migrations.CreateModel(
            name='ClockOffset',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('seconds', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_clock'), models.CheckConstraint(condition=models.Q(('seconds__lte', 0)), name='clock_not_ahead')],
            },
        ),
        migrations.CreateModel(
            name='Idempotency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor', models.CharField(max_length=80)),
                ('key', models.CharField(max_length=100)),
                ('request', models.CharField(max_length=64)),
                ('result', models.JSONField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('actor', 'key'), name='one_answer_per_key')],
            },
        ),
        migrations.CreateModel(
            name='LedgerHead',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('size', models.BigIntegerField(default=0)),
                ('frontier', models.BinaryField(default=b'')),
                ('at', models.DateTimeField(null=True)),
                ('urgent', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_ledger')],
            },
        ),
        migrations.CreateModel(
            name='LedgerOpening',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('salt', models.BinaryField()),
                ('entry', models.JSONField()),
                ('subject', models.CharField(db_index=True, max_length=120)),
                ('owners', models.JSONField(default=list)),
                ('leaf', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='opening', to='signatures.ledgerentry')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ListSigner',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('territory', models.CharField(max_length=10, verbose_name='territory')),
                ('fingerprint', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('der', models.BinaryField()),
                ('location', models.CharField(blank=True, max_length=500, verbose_name='address of the list')),
                ('pinned_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'list signer',
                'verbose_name_plural': 'list signers',
                'constraints': [models.UniqueConstraint(fields=('territory', 'fingerprint'), name='one_pin_per_list_signer')],
            },
        ),
        migrations.CreateModel(
            name='RefusedTrustList',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('territory', models.CharField(max_length=10, verbose_name='territory')),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('code', models.CharField(max_length=40)),
                ('reason', models.TextField(verbose_name='reason')),
                ('refused_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'refused trust list',
                'verbose_name_plural': 'refused trust lists',
                'constraints': [models.UniqueConstraint(fields=('territory', 'digest', 'code'), name='one_refusal_per_trust_list')],
            },
        ),
        migrations.CreateModel(
            name='SigningDocument',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=40, verbose_name='purpose')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('subject', models.CharField(max_length=120)),
                ('facts', models.JSONField(default=dict)),
                ('original', models.CharField(max_length=64)),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('revision', models.PositiveSmallIntegerField(default=0, verbose_name='revision')),
                ('seal_field', models.CharField(max_length=80)),
                ('state', models.CharField(choices=[('open', 'being signed'), ('signed', "signed by all; the platform's seal follows"), ('sealed', 'sealed'), ('concluded', 'sealed, and what follows from it done')], default='open', max_length=12, verbose_name='state')),
                ('opened_at', models.DateTimeField(verbose_name='opened at')),
                ('signed_at', models.DateTimeField(blank=True, null=True, verbose_name='signed by all at')),
                ('sealed_at', models.DateTimeField(blank=True, null=True, verbose_name='sealed at')),
                ('concluded_at', models.DateTimeField(blank=True, null=True)),
                ('assessment', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name': 'document to sign',
                'verbose_name_plural': 'documents to sign',
                'indexes': [models.Index(fields=['subject', 'opened_at'], name='signing_subject')],
            },
        ),
        migrations.CreateModel(
            name='SigningField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('position', models.PositiveSmallIntegerField()),
                ('signer', models.CharField(max_length=80)),
                ('holder', models.CharField(max_length=200, verbose_name='signer')),
                ('credit_code', models.CharField(blank=True, max_length=18)),
                ('seal', models.BooleanField(default=False)),
                ('required', models.BooleanField(default=True, verbose_name='required')),
                ('signed_at', models.DateTimeField(blank=True, null=True, verbose_name='signed at')),
                ('signed_by', models.CharField(blank=True, max_length=80)),
                ('certificate', models.CharField(blank=True, max_length=64)),
                ('signature', models.CharField(blank=True, max_length=64)),
                ('assessment', models.CharField(blank=True, max_length=64)),
                ('revision', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fields', to='signatures.signingdocument')),
            ],
            options={
                'verbose_name': 'place for a signature',
                'verbose_name_plural': 'places for signatures',
                'indexes': [models.Index(fields=['signer', 'signed_at'], name='places_of_signer')],
                'constraints': [models.UniqueConstraint(fields=('document', 'name'), name='one_place_per_name'), models.UniqueConstraint(fields=('document', 'revision'), name='one_signature_per_revision')],
            },
        ),
        migrations.CreateModel(
            name='SigningSession',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('opened_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(verbose_name='valid until (real time)')),
                ('base', models.CharField(blank=True, max_length=64)),
                ('certificate', models.CharField(blank=True, max_length=64)),
                ('prepared', models.CharField(blank=True, max_length=64)),
                ('stated_at', models.DateTimeField(blank=True, null=True)),
                ('signature', models.CharField(blank=True, max_length=64)),
                ('field', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='signatures.signingfield')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'signing session',
                'verbose_name_plural': 'signing sessions',
                'indexes': [models.Index(fields=['user', 'expires_at'], name='sessions_of_person')],
            },
        ),
        migrations.CreateModel(
            name='UserCertificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64, unique=True, verbose_name='SHA-256')),
                ('der', models.BinaryField()),
                ('bound_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'certificate',
                'verbose_name_plural': 'certificates',
            },
        ),
        migrations.CreateModel(
            name='Cosignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('witness', models.CharField(max_length=120)),
                ('line', models.TextField()),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='signatures.checkpoint')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('checkpoint', 'witness'), name='one_cosignature_per_witness')],
            },
        ),
    ]
