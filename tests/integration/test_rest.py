"""REST with an access token: the way of an administrator through what this version has."""

import threading

from harness import TestCase

XID = r"^[0-9a-v]{20}$"


class Rest(TestCase):
    def setUp(self):
        self.one = self.node()
        self.one.start()
        self.token = self.one.token()

    def call(self, method, path, body=None, status=200):
        answer = self.one.request(method, path, body, token=self.token)
        self.assertEqual(answer.status, status, answer.text)
        return answer.value

    def refused(self, method, path, body, status, message):
        value = self.call(method, path, body, status)
        self.assertEqual(value, {"message": message, "code": status})

    def test_authentication(self):
        for headers, message in (({}, "no valid authentication provided"),
                                 ({"Authorization": self.token}, "no valid authentication provided"),
                                 ({"Authorization": f"Basic {self.token}"}, "no valid authentication provided"),
                                 ({"Authorization": "Bearer"}, "token invalid"),
                                 ({"Authorization": "Token  x"}, "token invalid"),
                                 ({"Authorization": "Token nbp_0000000000000000000000000000000000000"}, "token invalid"),
                                 ({"Authorization": f"Token {self.token[:-1]}"}, "token invalid"),
                                 ({"Authorization": "Bearer a.b.c"}, "token invalid")):
            with self.subTest(headers=headers):
                answer = self.one.get("/api/peers", headers=headers)
                self.assertEqual((answer.status, answer.value), (401, {"message": message, "code": 401}))
        for headers in ({"Authorization": f"Bearer {self.token}"}, {"Authorization": f"token {self.token}"}):
            self.assertEqual(self.one.get("/api/peers", headers=headers).status, 200)

    def test_public_paths(self):
        self.assertEqual(self.one.get("/api/health").status, 200)
        self.assertEqual(self.one.get("/api/instance").status, 200)
        self.assertEqual(self.one.get("/nowhere").status, 404)

    def test_fresh_account(self):
        self.assertEqual(self.call("GET", "/api/peers"), [])
        groups = self.call("GET", "/api/groups")
        self.assertEqual([g["name"] for g in groups], ["All"])
        self.assertEqual(groups[0]["peers_count"], 0)
        user = self.call("GET", "/api/users/current")
        self.assertEqual((user["role"], user["status"], user["is_current"]), ("owner", "active", True))

    def test_setup_keys(self):
        body = {"name": "servers", "type": "reusable", "expires_in": 86400, "auto_groups": [], "usage_limit": 3}
        made = self.call("POST", "/api/setup-keys", body)
        self.assertRegex(made["id"], XID)
        self.assertRegex(made["key"], r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")
        self.assertEqual((made["name"], made["type"], made["state"], made["valid"], made["usage_limit"]),
                         ("servers", "reusable", "valid", True, 3))
        one = self.call("GET", f"/api/setup-keys/{made['id']}")
        self.assertNotEqual(one["key"], made["key"], "masked after it was shown once")
        self.assertIn("*", one["key"])
        self.assertIn(one, self.call("GET", "/api/setup-keys"))
        revoked = self.call("PUT", f"/api/setup-keys/{made['id']}", {"revoked": True, "auto_groups": []})
        self.assertEqual((revoked["revoked"], revoked["state"], revoked["valid"]), (True, "revoked", False))
        self.refused("PUT", f"/api/setup-keys/{made['id']}", {"revoked": False, "auto_groups": []}, 422,
                     "can't un-revoke a revoked setup key")
        self.assertEqual(self.call("DELETE", f"/api/setup-keys/{made['id']}"), {})
        self.refused("GET", f"/api/setup-keys/{made['id']}", None, 404, f"setup key: {made['id']} not found")

    def test_setup_key_refusals(self):
        good = {"name": "k", "type": "one-off", "expires_in": 0, "auto_groups": [], "usage_limit": 0}
        for change, message in (({"name": ""}, "setup key name shouldn't be empty"),
                                ({"type": "x"}, "unknown setup key type x"),
                                ({"expires_in": -1}, "expiresin can not be in the past"),
                                ({"auto_groups": ["nope"]}, "invalid auto groups: group not found: nope")):
            with self.subTest(change):
                self.refused("POST", "/api/setup-keys", {**good, **change}, 422, message)
        broken = self.one.request("POST", "/api/setup-keys", token=self.token, body=[])
        self.assertEqual((broken.status, broken.value["message"]), (400, "couldn't parse JSON request"))

    def test_unknown_peer(self):
        for method in ("GET", "DELETE"):
            self.assertEqual(self.one.request(method, "/api/peers/nobody", token=self.token).status, 404)

    def test_writes_at_once(self):
        """Many writers: each gets its own answer, all are there, the list is read after the write."""
        made, lock = [], threading.Lock()

        def write(writer):
            for number in range(20):
                body = {"name": f"{writer}-{number}", "type": "reusable", "expires_in": 0, "auto_groups": [],
                        "usage_limit": 0}
                one = self.one.request("POST", "/api/setup-keys", body, token=self.token)
                listed = self.one.get("/api/setup-keys", token=self.token).value
                with lock:
                    made.append((one.status, one.value["id"] in [key["id"] for key in listed]))

        writers = [threading.Thread(target=write, args=(w,)) for w in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual(made, [(200, True)] * 160)
        self.assertEqual(len(self.call("GET", "/api/setup-keys")), 160)


class Setup(TestCase):
    def test_first_administrator_over_rest(self):
        node = self.node()
        node.start()
        before = node.get("/api/instance").value
        self.assertEqual(before["setup_required"], True)
        node.token()
        self.assertEqual(node.get("/api/instance").value["setup_required"], False)

    def test_command_line(self):
        node = self.node()
        node.start()
        done = node.command("tokens", "create", "--name", "ci", "--expires-in", "30")
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertRegex(done.stdout.strip(), r"^nbp_[0-9A-Za-z]{36}$")
        self.assertEqual(done.stderr.count("\n"), 1)
        token = done.stdout.strip()
        node.setup_key("--type", "one-off", "--ephemeral", "--expires-in", "60")
        keys = node.get("/api/setup-keys", token=token).value
        self.assertEqual([(k["type"], k["ephemeral"], k["usage_limit"]) for k in keys], [("one-off", True, 1)])
        for wrong in (["tokens", "create", "--expires-in", "9999"], ["setup-key", "create", "--type", "x"]):
            failed = node.command(*wrong, check=False)
            self.assertEqual((failed.returncode, failed.stdout), (1, ""))
            self.assertTrue(failed.stderr.strip())
        node.stop()
        gone = node.command("status", check=False)
        self.assertEqual(gone.returncode, 1)
        self.assertIn("control.sock", gone.stderr)
        # A second account would be a second network.
        node.start()
        self.assertEqual(node.get("/api/users/current", token=token).status, 200)
