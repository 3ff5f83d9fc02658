package interop

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Bounds are asserted at three times what is wanted: the machine compiles and sanitizes at the same time.
const (
	restartLimit   = 3 * 100 * time.Millisecond // of a crashed actor, as its supervisor measures it
	sessionLimit   = 30 * time.Second           // until an agent has made the session anew that crashed
	settleInterval = time.Second

	// The longest silence of a relayed tunnel when a part of the server crashes: agents dial the relay again 1.5 s after
	// they lost it, and offer each other the path 0.8 s after that. The tunnel's keys outlive it.
	crashGap = 3 * time.Second
)

type actorRow struct {
	Path       string `json:"path"`
	Name       string `json:"name"`
	Level      int    `json:"level"`
	Restarts   int    `json:"restarts"`
	Supervisor *struct {
		Strategy string `json:"strategy"`
		Children int    `json:"children"` // of sessions: how many were started so far
		Running  int    `json:"running"`
	} `json:"supervisor"`
}

type actorTree map[string]actorRow

// Sessions started so far, by the path of their supervisor.
func (tree actorTree) sessionsStarted() map[string]int {
	started := map[string]int{}
	for path, row := range tree {
		if row.Supervisor != nil && row.Supervisor.Strategy == "sessions" {
			started[path] = row.Supervisor.Children
		}
	}
	return started
}

func (s *Server) actors(t testing.TB) actorTree {
	t.Helper()
	output, err := exec.Command(s.binary, "status", "--json", "--data-dir", s.dataDir).Output()
	if err != nil {
		t.Fatalf("rookery status: %v", err)
	}
	var status struct {
		Actors []actorRow `json:"actors"`
	}
	if err := json.Unmarshal(output, &status); err != nil {
		t.Fatal(err)
	}
	tree := actorTree{}
	for _, row := range status.Actors {
		tree[row.Path] = row
	}
	return tree
}

func (s *Server) debug(args ...string) error {
	output, err := exec.Command(s.binary, append(append([]string{"debug"}, args...), "--data-dir", s.dataDir)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("rookery debug %s: %w: %s", strings.Join(args, " "), err, output)
	}
	return nil
}

// The child of a supervisor of sessions, or of another parent of dynamic children.
func anyBelow(t testing.TB, tree actorTree, parent string) string {
	t.Helper()
	for path, row := range tree {
		if path == parent+"/"+row.Name {
			return path
		}
	}
	t.Fatalf("nothing below %s", parent)
	return ""
}

// TestScenarioCrashes lets every kind of actor crash while two agents exchange traffic over the relay.
func TestScenarioCrashes(t *testing.T) {
	n := newNetwork(t, 2, forceRelay)
	if err := n.server.debug("faults"); err != nil {
		t.Skip(err) // a build without the fault switch
	}
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	if err := a.StartProbe(b); err != nil {
		t.Fatal(err)
	}
	var crashes []mark
	crashed := func(path string) { crashes = append(crashes, mark{path + " crashes", time.Now()}) }

	// These have no session of their own to lose: their crash ends none.
	for _, path := range []string{
		"node/platform/directory", "node/storage/store", "node/roles/signal/writes", "node/roles/management/renewal",
	} {
		t.Run("alone/"+path, func(t *testing.T) {
			before := n.server.actors(t)
			crashed(path)
			n.crashSupervised(t, path)
			time.Sleep(settleInterval)
			after := n.server.actors(t)
			for other, row := range before {
				if other == path {
					continue
				}
				if now, there := after[other]; !there || now.Restarts != row.Restarts {
					t.Errorf("%s was touched: %+v, now %+v", other, row, now)
				}
			}
			if was, is := before.sessionsStarted(), after.sessionsStarted(); fmt.Sprint(was) != fmt.Sprint(is) {
				t.Errorf("sessions were made anew: %v, now %v", was, is)
			}
		})
	}

	// One session each: it is the agent that comes back; nobody else notices.
	for _, parent := range []string{
		"node/roles/signal/sessions", "node/roles/relay/links", "node/roles/management/streams",
	} {
		t.Run("session/"+parent, func(t *testing.T) {
			before := n.server.actors(t)
			victim := anyBelow(t, before, parent)
			crashed(victim)
			if err := n.server.debug("crash", victim); err != nil {
				t.Fatal(err)
			}
			n.waitForSessions(t, parent, before.sessionsStarted()[parent]+1)
			for other, row := range n.server.actors(t) {
				if row.Supervisor != nil && row.Restarts != before[other].Restarts {
					t.Errorf("%s was started again", other)
				}
			}
		})
	}

	// What has sessions ends them; their agents come back.
	for _, path := range []string{
		"node/roles/signal/sessions", "node/roles/relay/presence", "node/roles/relay/links",
		"node/roles/management/accounts", "node/roles/management/streams", "node/roles/signal", "node/roles/relay",
		"node/roles/management",
	} {
		t.Run("with-sessions/"+path, func(t *testing.T) {
			role := strings.Join(strings.Split(path, "/")[:3], "/")
			before := n.server.actors(t)
			crashed(path)
			n.crashSupervised(t, path)
			for other, row := range n.server.actors(t) {
				if !strings.HasPrefix(other, role) && row.Restarts != before[other].Restarts {
					t.Errorf("%s was started again", other)
				}
			}
			n.waitUntilConnected(t)
		})
	}
	t.Run("one account", func(t *testing.T) {
		before := n.server.actors(t)
		crashed("an account")
		if err := n.server.debug("crash", anyBelow(t, before, "node/roles/management/accounts")); err != nil {
			t.Fatal(err)
		}
		n.waitForSessions(t, "node/roles/management/streams", before.sessionsStarted()["node/roles/management/streams"]+2)
	})
	for _, path := range []string{"node/roles", "node/storage", "node/platform"} {
		t.Run("subtree/"+path, func(t *testing.T) {
			crashed(path)
			n.crashSupervised(t, path)
			n.waitUntilConnected(t)
		})
	}

	checkEchoes(t, a, b)
	result, err := a.StopProbe()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("measured: %d of %d messages answered over all crashes, longest silence %s, wanted %s", result.Answered,
		result.Sent, rounded(result.LongestGap), crashGap)
	n.explainSilence(t, crashes, result)
	if result.LongestGap > gapTolerance*crashGap {
		t.Errorf("the tunnel was silent for %s, more than %d times %s", rounded(result.LongestGap), gapTolerance, crashGap)
	}
	newcomer, err := n.process.StartAgent(n.server, AgentOptions{Name: "newcomer", SetupKey: n.key})
	if err != nil {
		t.Fatal(err)
	}
	checkFirstEcho(t, a, newcomer)
}

// explainSilence shows what happened around the longest silence, by the logs of both sides.
func (n *network) explainSilence(t *testing.T, crashes []mark, result ProbeResult) {
	t.Helper()
	began := result.GapEnd.Add(-result.LongestGap)
	around := []mark{{"last answer", began}, {"silence ends", result.GapEnd}}
	for _, m := range append(crashes, loggedMarks(t, n, began.Add(-settleInterval))...) {
		if m.at.After(began.Add(-settleInterval)) && m.at.Before(result.GapEnd) {
			around = append(around, m)
		}
	}
	t.Logf("the longest silence:%s", timeline(began, around))
}

// Crashes it and waits for the line in which its supervisor says how long it was away.
func (n *network) crashSupervised(t *testing.T, path string) {
	t.Helper()
	said := regexp.MustCompile(regexp.QuoteMeta(path) + ` runs again after (\d+) ms`)
	before := len(said.FindAllString(n.server.Log(t), -1))
	if err := n.server.debug("crash", path); err != nil {
		t.Fatal(err)
	}
	var took time.Duration
	if _, err := waitFor(20*time.Second, 20*time.Millisecond, func() (bool, string) {
		lines := said.FindAllStringSubmatch(n.server.Log(t), -1)
		if len(lines) <= before {
			return false, "the log does not say that " + path + " runs again"
		}
		ms, _ := strconv.Atoi(lines[before][1])
		took = time.Duration(ms) * time.Millisecond
		return true, ""
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("measured: %s runs again after %s", path, took)
	if took > restartLimit {
		t.Errorf("%s was away for %s", path, took)
	}
}

func (n *network) waitForSessions(t *testing.T, parent string, started int) {
	t.Helper()
	took, err := waitFor(sessionLimit, 50*time.Millisecond, func() (bool, string) {
		tree := n.server.actors(t)
		row := tree[parent]
		return row.Supervisor != nil && row.Supervisor.Children >= started && row.Supervisor.Running == len(n.agents),
			fmt.Sprintf("%s has %+v", parent, row.Supervisor)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("measured: the session is back after %s", rounded(took))
}

// Both agents have all their sessions, and their tunnel carries messages: the next outage is one of its own.
func (n *network) waitUntilConnected(t *testing.T) {
	t.Helper()
	took, err := waitFor(sessionLimit, 50*time.Millisecond, func() (bool, string) {
		tree := n.server.actors(t)
		running := map[string]int{}
		for path, row := range tree {
			if row.Supervisor != nil && row.Supervisor.Strategy == "sessions" {
				running[path] = row.Supervisor.Running
			}
		}
		for _, parent := range []string{
			"node/roles/signal/sessions", "node/roles/relay/links", "node/roles/management/streams",
		} {
			if running[parent] != len(n.agents) {
				return false, fmt.Sprintf("sessions: %v", running)
			}
		}
		return true, ""
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := n.agents[0].Echo("udp", n.agents[1], 1, comeBackLimit); err != nil {
		t.Fatal(err)
	}
	t.Logf("measured: all sessions are back after %s, the tunnel answers %s later", rounded(took), rounded(time.Since(began)))
}
