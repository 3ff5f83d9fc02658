package interop

import (
	"fmt"
	"time"
)

// pairLimit is how long two agents may take to reach each other before the pair counts as broken. Healthy pairs need
// about a second, a few more when the first handshake is lost and WireGuard repeats it.
const pairLimit = 15 * time.Second

const statusInterval = 500 * time.Millisecond // asking for an agent's status costs a call to Management

// waitFor asks until the answer is yes and returns how long that took. The condition's text says what is still amiss.
func waitFor(limit, interval time.Duration, condition func() (bool, string)) (time.Duration, error) {
	begin := time.Now()
	for {
		ok, amiss := condition()
		passed := time.Since(begin)
		if ok {
			return passed, nil
		}
		if passed > limit {
			return passed, fmt.Errorf("after %s: %s", rounded(passed), amiss)
		}
		time.Sleep(interval)
	}
}

// WaitForPath waits until the agent reports its connection to the other one as up and of the wanted kind.
func (a *Agent) WaitForPath(to *Agent, relayed bool, limit time.Duration) (PeerStatus, error) {
	var path PeerStatus
	_, err := waitFor(limit, statusInterval, func() (bool, string) {
		status, err := a.Status()
		if err != nil {
			return false, err.Error()
		}
		for _, path = range status.Peers {
			if path.PubKey == to.PubKey {
				return path.Connected && path.Relayed == relayed, fmt.Sprintf("%s sees %s as %+v", a.Name, to.Name, path)
			}
		}
		return false, fmt.Sprintf("%s does not know %s", a.Name, to.Name)
	})
	return path, err
}

func rounded(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
