"""Killed at any moment: what was acknowledged is there at the next start, and nothing is half there."""

import http.client
import os
import random
import threading
import time

from harness import TestCase, measured, server_key

ROUNDS = 12
SEED = int(os.environ.get("ROOKERY_SEED", random.randrange(1 << 32)))


class Killed(TestCase):
    def test_under_writes(self):
        print(f"ROOKERY_SEED={SEED}", flush=True)
        dice = random.Random(SEED)
        node = self.node(level="warn")
        node.start()
        token, identity = node.token(), server_key(node)
        acknowledged, attempted = set(), set()

        def write(writer, round_number, over):
            number = 0
            while not over.is_set():
                name = f"{round_number}-{writer}-{number}"
                attempted.add(name)
                number += 1
                try:
                    made = node.request("POST", "/api/setup-keys", token=token, timeout=5,
                                        body={"name": name, "type": "reusable", "expires_in": 0, "auto_groups": [],
                                              "usage_limit": 0})
                except (OSError, http.client.HTTPException):
                    return
                if made.status == 200:
                    acknowledged.add(name)
                else:
                    self.fail(f"{made.status} {made.text}")

        for round_number in range(ROUNDS):
            over = threading.Event()
            writers = [threading.Thread(target=write, args=(w, round_number, over)) for w in range(3)]
            for writer in writers:
                writer.start()
            time.sleep(dice.uniform(0.02, 0.4))
            node.kill()
            over.set()
            for writer in writers:
                writer.join()
            node.start()
            listed = node.get("/api/setup-keys", token=token)
            self.assertEqual(listed.status, 200)
            names = [key["name"] for key in listed.value]
            self.assertEqual(len(names), len(set(names)))
            self.assertEqual(acknowledged - set(names), set(), "acknowledged, then lost")
            self.assertEqual(set(names) - attempted, set(), "never asked for")
            self.assertEqual(server_key(node), identity)
            bad = [line for line in node.log().splitlines() if " ERRO " in line or " WARN " in line]
            self.assertEqual(bad, [])
        measured(f"killed {ROUNDS} times under writes: {len(acknowledged)} acknowledged setup keys, all there")
        self.assertGreater(len(acknowledged), ROUNDS)

    def test_during_the_first_start(self):
        """Secrets and database are made once, whole."""
        dice = random.Random(SEED)
        for _ in range(10):
            node = self.node()
            node.spawn()
            time.sleep(dice.uniform(0.0, 0.08))
            node.kill()
            node.start()
            key = server_key(node)
            node.token()
            node.kill()
            node.start()
            self.assertEqual(server_key(node), key)
            node.stop()
