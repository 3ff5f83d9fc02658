package interop

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// removalLimit is how long the other agents may keep a deleted peer in their map, counted from the answer to DELETE.
const removalLimit = time.Second

func TestDeletedPeerIsThrownOut(t *testing.T) {
	n := newNetwork(t, 2)
	stays, leaves := n.agents[0], n.agents[1]
	checkFirstEcho(t, stays, leaves)
	if !knows(t, stays, leaves) {
		t.Fatalf("%s has no %s in its map, though it reaches it", stays.Name, leaves.Name)
	}

	peers := n.server.Peers(t)
	id := peers[indexByIP(peers, leaves.IP)].ID
	asked := time.Now()
	n.server.DeletePeer(t, id)
	answered := time.Now()
	_, err := waitFor(10*time.Second, 5*time.Millisecond, func() (bool, string) {
		return !knows(t, stays, leaves), "the other agent still has the deleted peer in its map"
	})
	if err != nil {
		t.Fatal(err)
	}
	passed := time.Since(answered)
	t.Logf("DELETE answered after %s; the other agent's map was without the peer %s later",
		rounded(answered.Sub(asked)), rounded(passed))
	if passed > removalLimit {
		t.Errorf("that took longer than %s", removalLimit)
	}

	passed, err = waitFor(pairLimit, statusInterval, func() (bool, string) { return isOut(leaves) })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the deleted agent gave up within %s", rounded(passed))

	if result, err := stays.Echo("udp", leaves, 1, 2*time.Second); err == nil {
		t.Errorf("the deleted peer still answers: %+v", result)
	}
	// Out for good: it has its setup key still, but is not to come back by itself.
	time.Sleep(3 * time.Second)
	if out, amiss := isOut(leaves); !out {
		t.Error(amiss)
	}
	checkListedAsConnected(t, n.server, []*Agent{stays})
}

func knows(t *testing.T, a, other *Agent) bool {
	t.Helper()
	networkMap, err := a.NetworkMap()
	if err != nil {
		t.Fatalf("map of %s: %v", a.Name, err)
	}
	return slices.Contains(networkMap.PubKeys, other.PubKey)
}

// isOut tells whether an agent has no connection to Management. One that was told to log in again has ended its engine
// and may have no status at all.
func isOut(a *Agent) (bool, string) {
	status, err := a.Status()
	return err != nil || !status.Management, fmt.Sprintf("%s reports %+v", a.Name, status)
}
