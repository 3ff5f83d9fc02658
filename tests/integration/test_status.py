"""What the operator sees of a running node, and that a release cannot be made to crash."""

from harness import TestCase


class Status(TestCase):
    def test_tree(self):
        node = self.node()
        node.start()
        lines = node.command("status").stdout.splitlines()
        names = [line.split("  ")[0] if not line.startswith(" ") else line[:60].rstrip() for line in lines[3:]]
        self.assertTrue(lines[3].startswith("node (rest_for_one, 3 of 3)"), lines[3])
        self.assertTrue(any(name.startswith("  platform (rest_for_one, 1 of 1)") for name in names), names)
        self.assertTrue(any(name.startswith("    directory") for name in names), names)
        rows = {row["path"]: row for row in node.status()["actors"]}
        self.assertEqual(rows["node/roles/signal/sessions"]["supervisor"]["strategy"], "sessions")
        self.assertNotIn("supervisor", rows["node/storage/store"])
        for field in ("path", "depth", "handled", "busy_us", "restarts", "last_error"):
            self.assertIn(field, rows["node"])

    def test_no_fault_switch_in_a_release(self):
        node = self.node()
        node.start()
        for command in (("faults",), ("fault", "sqlite.commit", "error"), ("crash", "node")):
            refused = node.command("debug", *command, check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("has no fault switch", refused.stderr)
        self.assertEqual(node.get("/api/health").status, 200)
