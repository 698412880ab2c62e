"""The next version comes, with a migration, while access is active and requests wait."""

from __future__ import annotations

from tests.driving.portal import Portal
from tests.driving.processes import wait_until
from tests.faults.scene import Scene

NEXT = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings.upgraded"}


def test_machines_are_upgraded_one_after_the_other(postgresql, tmp_path):
    """The database first: what is old works on it until its machine has its turn."""
    with Scene(tmp_path, postgresql.url, machines=2, hangs_up=True).playing() as scene:
        for portal in scene.portals:
            portal.variables |= NEXT
        assert wait_until(lambda: migrates(scene.portal), seconds=60)
        scene.works_on()
        for portal in scene.portals:
            portal.stop()
            portal.start()
            scene.works_on()

        scene.recovers()


def test_the_one_machine_is_upgraded(sqlite, tmp_path):
    with Scene(tmp_path, sqlite, hangs_up=True).playing() as scene:
        scene.portal.variables |= NEXT
        assert migrates(scene.portal)
        scene.works_on()
        scene.portal.stop()
        scene.portal.start()

        scene.recovers()


def migrates(portal: Portal) -> bool:
    """One that alters several tables and somebody who reads them can wait for each other. PostgreSQL lets one
    of them go on; where that was not the migration, it has changed nothing, and is run again."""
    return portal.run("migrate") == 0
