package interop

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestTwoAgentsJoinAndConnectDirectly(t *testing.T) {
	n := newNetwork(t, 2)
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	checkPath(t, a, b, direct)
	checkEchoes(t, a, b)
}

func TestTwoAgentsConnectOverTheRelayWhenForced(t *testing.T) {
	n := newNetwork(t, 2, forceRelay)
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	checkPath(t, a, b, relayed)
	checkEchoes(t, a, b)
	checkPath(t, a, b, relayed)
}

func TestTenAgentsReachEachOther(t *testing.T) {
	n := newNetwork(t, 10)
	began := n.agents[0].BeganAt
	for _, a := range n.agents {
		if a.BeganAt.Before(began) {
			began = a.BeganAt
		}
	}

	var lock sync.Mutex
	var times []time.Duration
	var slowest string
	var all sync.WaitGroup
	for _, from := range n.agents {
		for _, to := range n.agents {
			if from == to {
				continue
			}
			all.Go(func() {
				result, err := from.Echo("udp", to, 1, pairLimit)
				lock.Lock()
				defer lock.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				passed := result.FirstAt.Sub(began)
				if len(times) == 0 || passed > slices.Max(times) {
					slowest = from.Name + " to " + to.Name
				}
				times = append(times, passed)
			})
		}
	}
	all.Wait()
	if len(times) == 0 {
		t.Fatal("no pair is reachable")
	}
	slices.Sort(times)
	t.Logf("%d of 90 pairs reachable, first echo after the first agent's start: fastest %s, median %s, slowest %s (%s)",
		len(times), rounded(times[0]), rounded(times[len(times)/2]), rounded(times[len(times)-1]), slowest)
}

// network is a server with agents in it.
type network struct {
	ns      *Netns
	server  *Server
	process *AgentProcess
	key     string // a setup key for any number of further agents
	agents  []*Agent
}

const forceRelay = "NB_FORCE_RELAY=true"

// newNetwork starts a server and agents that join it with one setup key.
func newNetwork(t *testing.T, agents int, environment ...string) *network {
	t.Helper()
	ns := NewNetns(t)
	server := StartServer(t, ns)
	n := &network{ns: ns, server: server, key: server.SetupKey(t, "agents", "--type", "reusable")}
	n.process = StartAgentProcess(t, ns, environment...)
	names := make([]string, agents)
	for i := range names {
		names[i] = fmt.Sprintf("agent-%d", i)
	}
	n.agents = n.process.StartAgents(t, server, n.key, names...)
	checkAddresses(t, n.agents)
	checkListedAsConnected(t, server, n.agents)
	return n
}

func checkAddresses(t *testing.T, agents []*Agent) {
	t.Helper()
	overlay := netip.MustParsePrefix("100.64.0.0/10")
	seen := map[string]bool{}
	for _, a := range agents {
		if ip, err := netip.ParseAddr(a.IP); err != nil || !overlay.Contains(ip) || seen[a.IP] {
			t.Fatalf("%s has the address %q (%v)", a.Name, a.IP, err)
		}
		seen[a.IP] = true
	}
}

// checkListedAsConnected wants exactly these agents in the REST API, connected. It returns what the API lists.
func checkListedAsConnected(t *testing.T, server *Server, agents []*Agent) []Peer {
	t.Helper()
	var peers []Peer
	_, err := waitFor(10*time.Second, 100*time.Millisecond, func() (bool, string) {
		peers = server.Peers(t)
		amiss := fmt.Sprintf("want %d connected peers, the API lists %+v", len(agents), peers)
		if len(peers) != len(agents) {
			return false, amiss
		}
		for _, a := range agents {
			if i := indexByIP(peers, a.IP); i < 0 || !peers[i].Connected {
				return false, amiss
			}
		}
		return true, ""
	})
	if err != nil {
		t.Fatal(err)
	}
	return peers
}

func indexByIP(peers []Peer, ip string) int {
	return slices.IndexFunc(peers, func(p Peer) bool { return p.IP == ip })
}

// checkFirstEcho measures how long a pair needs from its start to the first echo, each way.
func checkFirstEcho(t *testing.T, a, b *Agent) {
	t.Helper()
	bothWays(t, a, b, func(from, to *Agent) {
		result, err := from.Echo("udp", to, 1, pairLimit)
		if err != nil {
			t.Error(err)
			return
		}
		t.Logf("%s to %s: first echo %s after its start", from.Name, to.Name, rounded(result.FirstAt.Sub(from.BeganAt)))
	})
}

// checkEchoes sends a hundred messages each way over UDP and over TCP.
func checkEchoes(t *testing.T, a, b *Agent) {
	t.Helper()
	for _, network := range []string{"udp", "tcp"} {
		bothWays(t, a, b, func(from, to *Agent) {
			result, err := from.Echo(network, to, 100, pairLimit)
			if err != nil {
				t.Error(err)
				return
			}
			t.Logf("%s to %s: 100 echoes over %s, median %s, slowest %s, %d sent again",
				from.Name, to.Name, network, rounded(result.Median), rounded(result.Slowest), result.Resent)
		})
	}
}

const (
	direct  = false
	relayed = true
)

// checkPath waits until both agents report their connection as of this kind.
func checkPath(t *testing.T, a, b *Agent, viaRelay bool) {
	t.Helper()
	bothWays(t, a, b, func(from, to *Agent) {
		path, err := from.WaitForPath(to, viaRelay, pairLimit)
		if err != nil {
			t.Error(err)
			return
		}
		t.Logf("%s to %s: %+v", from.Name, to.Name, path)
		if viaRelay && path.RelayAddress == "" {
			t.Errorf("%s reports a relayed path without a relay", from.Name)
		}
	})
}

// bothWays does it from a to b and from b to a, at the same time, and ends the test if one of the two failed.
func bothWays(t *testing.T, a, b *Agent, do func(from, to *Agent)) {
	t.Helper()
	var both sync.WaitGroup
	both.Go(func() { do(a, b) })
	both.Go(func() { do(b, a) })
	both.Wait()
	if t.Failed() {
		t.FailNow()
	}
}
