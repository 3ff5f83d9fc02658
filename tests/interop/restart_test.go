package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

const (
	comeBackLimit = 30 * time.Second
	outage        = 100 * time.Millisecond // what an init system waits before it starts a service again

	// The longest time without an answer through a tunnel whose server is killed, as the median of the runs. A machine
	// that tests are run on may be slow: more than gapTolerance times as much is a failure.
	directGap    = 500 * time.Millisecond
	relayedGap   = 10 * time.Second
	gapTolerance = 3

	// How long the tunnel is used before the server is killed: right after their first echo agents still change paths.
	settling = 3 * time.Second
)

// restartsVariable is how often the server is killed for each kind of path; once when not set.
const restartsVariable = "ROOKERY_INTEROP_RESTARTS"

func TestTunnelsLiveThroughAKilledServer(t *testing.T) {
	t.Run("direct", func(t *testing.T) { checkKilledServer(t, direct, directGap) })
	t.Run("relayed", func(t *testing.T) { checkKilledServer(t, relayed, relayedGap, forceRelay) })
}

func checkKilledServer(t *testing.T, viaRelay bool, bound time.Duration, environment ...string) {
	runs := 1
	if text := os.Getenv(restartsVariable); text != "" {
		var err error
		if runs, err = strconv.Atoi(text); err != nil || runs < 1 {
			t.Fatalf("%s=%s: not a number of runs", restartsVariable, text)
		}
	}
	var gaps []time.Duration
	for i := range runs {
		t.Run(fmt.Sprintf("run-%d", i+1), func(t *testing.T) {
			gaps = append(gaps, killServerUnderTraffic(t, viaRelay, environment...))
		})
	}
	if t.Failed() {
		return
	}
	slices.Sort(gaps)
	median := gaps[len(gaps)/2]
	t.Logf("measured: longest time without an answer: median %s of %v, wanted %s", rounded(median), gaps, bound)
	if median > gapTolerance*bound {
		t.Errorf("the tunnel was silent for %s, more than %d times %s", median, gapTolerance, bound)
	}
}

// killServerUnderTraffic returns the longest time without an answer through a tunnel between two agents.
func killServerUnderTraffic(t *testing.T, viaRelay bool, environment ...string) time.Duration {
	n := newNetwork(t, 2, environment...)
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	checkPath(t, a, b, viaRelay)
	before := n.server.Peers(t)
	keyBefore := serverKey(t, n.server)
	if err := a.StartProbe(b); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settling)

	killed := time.Now()
	n.server.Kill()
	time.Sleep(outage)
	n.server.Start(t)
	ready := time.Now()

	for _, agent := range n.agents {
		var status Status
		if _, err := waitFor(comeBackLimit, statusInterval, func() (bool, string) {
			var err error
			status, err = agent.Status()
			return err == nil && status.Management && status.Signal, fmt.Sprintf("%s reports %+v, %v", agent.Name, status, err)
		}); err != nil {
			t.Fatal(err)
		}
		if status.IP != agent.IP || status.PubKey != agent.PubKey {
			t.Errorf("%s was %+v and is %+v", agent.Name, agent.Started, status)
		}
	}
	t.Logf("both agents report Management and Signal as connected %s after the server was ready",
		rounded(time.Since(ready)))
	bothWays(t, a, b, func(from, to *Agent) {
		if _, err := from.Echo("udp", to, 1, comeBackLimit); err != nil {
			t.Error(err)
		}
	})
	// Asked now: a handshake of the newcomer's, or of a new key, must not pass for the one that ended the silence.
	path, err := a.WaitForPath(b, viaRelay, pairLimit)
	if err != nil {
		t.Fatal(err)
	}
	checkNewcomer(t, n, ready)

	result, err := a.StopProbe()
	if err != nil {
		t.Fatal(err)
	}
	marks := []mark{{"server answers", ready}, {"silence ends", result.GapEnd}}
	if path.Handshake.After(killed) {
		marks = append(marks, mark{"WireGuard's handshake (told in whole seconds)", path.Handshake})
	}
	t.Logf("%d of %d messages answered, longest time without an answer %s; after the kill:%s", result.Answered,
		result.Sent, rounded(result.LongestGap), timeline(killed, append(marks, loggedMarks(t, n, killed)...)))

	after := n.server.Peers(t)
	for _, old := range before {
		if i := indexByIP(after, old.IP); i < 0 || after[i].ID != old.ID {
			t.Errorf("the peer %+v is not among %+v", old, after)
		}
	}
	if key := serverKey(t, n.server); key != keyBefore {
		t.Errorf("the server's key was %s and is %s", keyBefore, key)
	}
	return result.LongestGap
}

// checkNewcomer lets a third agent join the network of two. A tunnel lives on without the server, and a status may be
// stale. A newcomer cannot be reached without what the new process must do for the old agents: a map over Sync, offers
// over Signal, and the relay when it is forced.
func checkNewcomer(t *testing.T, n *network, ready time.Time) {
	t.Helper()
	newcomer, err := n.process.StartAgent(n.server, AgentOptions{Name: "newcomer", SetupKey: n.key})
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range n.agents {
		bothWays(t, old, newcomer, func(from, to *Agent) {
			if _, err := from.Echo("udp", to, 1, comeBackLimit); err != nil {
				t.Error(err)
			}
		})
	}
	t.Logf("both agents and a newcomer reach each other %s after the server was ready", rounded(time.Since(ready)))
	checkListedAsConnected(t, n.server, append(slices.Clone(n.agents), newcomer))
}

// loggedMarks says when which part of the way back was made, by the logs of both sides.
func loggedMarks(t *testing.T, n *network, killed time.Time) []mark {
	t.Helper()
	agents, server := n.process.Log(t), n.server.Log(t)
	return slices.Concat(
		logged(server, killed, "server process runs", "starts", 1),
		logged(agents, killed, "both agents: Signal again", "connected to the Signal Service stream", 2),
		logged(agents, killed, "both agents: relay lost", "relay connection closed", 2),
		logged(agents, killed, "first agent dials the relay", "try to reconnect to Relay server", 1),
		logged(agents, killed, "second agent dials the relay", "try to reconnect to Relay server", 2),
		logged(server, killed, "server: both agents are on the relay", "peer connected from", 2),
		logged(agents, killed, "first offer arrives", "received offer", 1),
		logged(agents, killed, "both agents: relayed path given to WireGuard", "start to communicate with peer via relay", 2),
	)
}

func serverKey(t *testing.T, server *Server) string {
	t.Helper()
	key, err := ServerKey(server)
	if err != nil {
		t.Fatal(err)
	}
	return key.String()
}

func TestAgentWithKeptIdentityIsTheSamePeer(t *testing.T) {
	ns := NewNetns(t)
	server := StartServer(t, ns)
	key := server.SetupKey(t, "once", "--type", "one-off")
	config := filepath.Join(newWorkDir(t, "identity"), "config.json")
	options := AgentOptions{Name: "agent", SetupKey: key, ConfigPath: config}

	first, err := StartAgentProcess(t, ns).StartAgent(server, options)
	if err != nil {
		t.Fatal(err)
	}
	before := checkListedAsConnected(t, server, []*Agent{first})
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	// The key is used up, which must not matter to a peer that is known.
	second, err := StartAgentProcess(t, ns).StartAgent(server, options)
	if err != nil {
		t.Fatal(err)
	}
	if second.IP != first.IP || second.PubKey != first.PubKey {
		t.Errorf("the agent was %+v and is %+v", first.Started, second.Started)
	}
	if after := checkListedAsConnected(t, server, []*Agent{second}); after[0].ID != before[0].ID {
		t.Errorf("the peer was %+v and is %+v", before[0], after[0])
	}
}
