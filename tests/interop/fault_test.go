package interop

import (
	"encoding/json"
	"os/exec"
	"testing"
	"time"
)

// TestScenarioFaults lets edges of the server go wrong while two agents exchange traffic over the relay.
func TestScenarioFaults(t *testing.T) {
	n := newNetwork(t, 2, forceRelay)
	if err := n.server.debug("faults"); err != nil {
		t.Skip(err) // a build without the fault switch
	}
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	if err := a.StartProbe(b); err != nil {
		t.Fatal(err)
	}
	for _, fault := range []struct{ point, action, times, crash string }{
		{"relay.deliver", "delay", "5", ""},
		{"relay.deliver", "drop", "20", ""},
		// What agents pass when they come back.
		{"relay.handshake", "error", "2", "node/roles/relay/links"},
		{"front.accept", "drop", "2", "node/roles/relay/links"},
		{"grpc.stream", "error", "2", "node/roles/signal/sessions"},
		{"grpc.write", "delay", "3", "node/roles/management/streams"},
		{"sqlite.commit", "error", "1", "node/roles/management/streams"},
		{"sqlite.read", "error", "1", "node/storage"},
	} {
		t.Run(fault.point+" "+fault.action, func(t *testing.T) {
			before := n.server.faultHits(t, fault.point)
			if err := n.server.debug("fault", fault.point, fault.action, fault.times); err != nil {
				t.Fatal(err)
			}
			if fault.crash != "" {
				n.crashSupervised(t, fault.crash)
			}
			if _, err := waitFor(sessionLimit, 50*time.Millisecond, func() (bool, string) {
				return n.server.faultHits(t, fault.point) > before, fault.point + " was not hit"
			}); err != nil {
				t.Fatal(err)
			}
			n.waitUntilConnected(t)
		})
	}
	t.Run("sqlite.commit die", func(t *testing.T) {
		if err := n.server.debug("fault", "sqlite.commit", "die"); err != nil {
			t.Fatal(err)
		}
		n.server.debugMayDie("crash", "node/roles/management/streams") // its peers' marks are written
		if _, err := waitFor(sessionLimit, 50*time.Millisecond, func() (bool, string) {
			return n.server.process.ended(), "the server lives"
		}); err != nil {
			t.Fatal(err)
		}
		n.server.Start(t)
		n.waitUntilConnected(t)
	})

	checkEchoes(t, a, b)
	result, err := a.StopProbe()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("measured: %d of %d messages answered over all faults, longest silence %s, wanted %s", result.Answered,
		result.Sent, rounded(result.LongestGap), relayedGap)
	if result.LongestGap > gapTolerance*relayedGap {
		t.Errorf("the tunnel was silent for %s, more than %d times %s", rounded(result.LongestGap), gapTolerance, relayedGap)
	}
}

// debugMayDie is debug for a command whose answer the server may not live to give.
func (s *Server) debugMayDie(args ...string) { _ = s.debug(args...) }

func (s *Server) faultHits(t *testing.T, point string) int {
	t.Helper()
	output, err := exec.Command(s.binary, "debug", "faults", "--json", "--data-dir", s.dataDir).Output()
	if err != nil {
		t.Fatalf("rookery debug faults: %v", err)
	}
	var faults struct {
		Points []struct {
			Name string `json:"name"`
			Hit  int    `json:"hit"`
		} `json:"points"`
	}
	if err := json.Unmarshal(output, &faults); err != nil {
		t.Fatal(err)
	}
	for _, p := range faults.Points {
		if p.Name == point {
			return p.Hit
		}
	}
	t.Fatalf("no point %s", point)
	return 0
}
