package interop

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

const (
	firstNodeUser = 30001 // the next nodes have the next ones: the firewall tells nodes of one namespace apart by them
	cutTable      = "cut"
)

// asUser makes a command run as a user of its own; it still dies with us.
func asUser(cmd *exec.Cmd, user int) *exec.Cmd {
	program := cmd.Args[4:] // ip netns exec NAME PROGRAM...
	cmd.Args = append(append(cmd.Args[:4:4], "setpriv", fmt.Sprintf("--reuid=%d", user), fmt.Sprintf("--regid=%d", user),
		"--clear-groups", "--pdeathsig=KILL"), program...)
	return cmd
}

// CutOff drops what the node sends to the NATS servers, or to everybody but its clients and the balancer. The other
// direction dies with it: nothing is acknowledged.
func (n *SignalNode) CutOff(t testing.TB, fromSiblingsToo bool) {
	t.Helper()
	user := fmt.Sprintf("meta skuid %d", firstNodeUser+n.index)
	rules := fmt.Sprintf("%s tcp dport %d-%d drop", user, natsPort, natsPort+len(n.pool.Nats.servers)-1)
	if fromSiblingsToo {
		rules = fmt.Sprintf("%s tcp sport { %d, %d } accept\n%s tcp dport %d accept\n%s tcp dport 1-65535 drop", user,
			signalPort+n.index, signalMetricsPort+n.index, user, balancerPort, user)
	}
	n.pool.firewall(t, fmt.Sprintf("table inet %s { chain out { type filter hook output priority 0;\n%s\n}\n}\n", cutTable, rules))
}

// Heal takes all cuts back.
func (p *SignalPool) Heal(t testing.TB) {
	t.Helper()
	p.firewall(t, "delete table inet "+cutTable)
}

func (p *SignalPool) firewall(t testing.TB, rules string) {
	t.Helper()
	program := findProgram("nft")
	if program == "" {
		t.Skip("nftables is not installed")
	}
	cmd := p.ns.Command(program, "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s", err, output)
	}
}
