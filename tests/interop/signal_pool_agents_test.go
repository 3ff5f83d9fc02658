package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Real agents whose Signal is a pool behind a balancer; Management and Relay are one server beside it.
func startAgentsOfPool(t *testing.T, nats int) (*network, *SignalPool) {
	t.Helper()
	ns := NewNetns(t)
	pool := StartSignalPool(t, ns, nats, 2, balancers[0])
	file := filepath.Join(newWorkDir(t, "config"), "config.yaml")
	text := fmt.Sprintf("server:\n  authSecret: interop\n  signalUri: http://%s\n", pool.Address)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := startServer(t, &Server{ns: ns, options: []string{"--config", file}}, "http")
	n := &network{ns: ns, server: server, key: server.SetupKey(t, "agents", "--type", "reusable")}
	n.process = StartAgentProcess(t, ns)
	n.agents = n.process.StartAgents(t, server, n.key, "one", "two")
	checkFirstEcho(t, n.agents[0], n.agents[1])
	return n, pool
}

// A tunnel needs no Signal once it is up, so a newcomer shows whether offers still reach everybody.
func (n *network) checkSignalling(t *testing.T, name string) {
	t.Helper()
	newcomer := n.process.StartAgents(t, n.server, n.key, name)[0]
	for _, old := range n.agents {
		checkFirstEcho(t, newcomer, old)
	}
	n.agents = append(n.agents, newcomer)
}

func TestScenarioSignalRealAgents(t *testing.T) {
	n, pool := startAgentsOfPool(t, 3)
	together := func() {
		if passed, err := pool.WaitForAgents(len(n.agents), 2*poolLimit); err != nil {
			t.Fatal(err)
		} else {
			t.Logf("measured: all %d agents are registered after %s", len(n.agents), rounded(passed))
		}
	}
	together()
	t.Run("node-killed", func(t *testing.T) {
		pool.Nodes[0].Kill()
		together()
		n.checkSignalling(t, "after-the-kill")
		pool.Nodes[0].Start(t)
		if err := pool.WaitTogether(poolLimit); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("node-stands-still", func(t *testing.T) {
		victim := pool.Nodes[1] // all agents are there
		victim.process.suspend()
		time.Sleep(outageOf(6*time.Second, 20*time.Second))
		victim.process.resume()
		together()
		n.checkSignalling(t, "after-the-pause")
	})
	t.Run("nats-server-killed", func(t *testing.T) {
		pool.Nats.Kill(0)
		n.checkSignalling(t, "after-nats")
	})
}
