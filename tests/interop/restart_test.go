package interop

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

const (
	comeBackLimit = 30 * time.Second
	outage        = time.Second // between the end of a killed server and the start of the next
)

func TestAgentsComeBackAfterTheServerIsKilled(t *testing.T) {
	t.Run("direct", func(t *testing.T) { checkComeBack(t, direct) })
	t.Run("relayed", func(t *testing.T) { checkComeBack(t, relayed, forceRelay) })
}

func checkComeBack(t *testing.T, viaRelay bool, environment ...string) {
	n := newNetwork(t, 2, environment...)
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	checkPath(t, a, b, viaRelay)
	before := n.server.Peers(t)
	if err := a.StartProbe(b); err != nil {
		t.Fatal(err)
	}

	n.server.Kill()
	time.Sleep(outage)
	n.server.Start(t)
	ready := time.Now()

	for _, agent := range n.agents {
		if _, err := waitFor(comeBackLimit-time.Since(ready), statusInterval, func() (bool, string) {
			status, err := agent.Status()
			return err == nil && status.Management && status.Signal, fmt.Sprintf("%s reports %+v, %v", agent.Name, status, err)
		}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("both agents report Management and Signal as connected %s after the server was ready",
		rounded(time.Since(ready)))
	checkEchoes(t, a, b)

	// A tunnel lives on without the server, and a status may be stale. A newcomer cannot be reached without what the
	// new process must do for the old agents: a map over Sync, offers over Signal, and the relay when it is forced.
	newcomer, err := n.process.StartAgent(n.server, AgentOptions{Name: "newcomer", SetupKey: n.key})
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range n.agents {
		bothWays(t, old, newcomer, func(from, to *Agent) {
			if _, err := from.Echo("udp", to, 1, comeBackLimit-time.Since(ready)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Logf("both agents and a newcomer reach each other %s after the server was ready", rounded(time.Since(ready)))

	result, err := a.StopProbe()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("tunnel between the two: %d of %d messages answered, longest time without an answer %s",
		result.Answered, result.Sent, rounded(result.LongestGap))

	after := checkListedAsConnected(t, n.server, append(n.agents, newcomer))
	for _, old := range before {
		if i := indexByIP(after, old.IP); i < 0 || after[i].ID != old.ID {
			t.Errorf("the peer %+v is not among %+v", old, after)
		}
	}
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
