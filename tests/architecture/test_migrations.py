from django.core.management import call_command


def test_lacks_no_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
