"""A column and an index for each of the tables that everything goes through."""

from django.db import migrations

TABLES = ("assignments_assignment", "access_requests_accessrequest", "notifications_notice")


class Migration(migrations.Migration):
    operations = [
        operation
        for table in TABLES
        for operation in (
            migrations.RunSQL(f"ALTER TABLE {table} ADD COLUMN colour varchar(20) NOT NULL DEFAULT ''"),
            migrations.RunSQL(f"CREATE INDEX {table}_colour ON {table} (colour)"),
        )
    ]
