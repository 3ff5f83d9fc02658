package interop

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

const netnsDir = "/run/netns" // where iproute2 keeps named namespaces

var (
	netnsCount atomic.Int32
	netnsName  = regexp.MustCompile(`^rk-(\d+)-\d+$`) // the first number is the process id of the run
)

// Netns is a network namespace of one test. It has lo and eth0, and no way out: nothing of a test leaves the machine,
// fixed ports cannot clash with those of another test, and no other interface becomes an ICE candidate.
type Netns struct {
	Name    string
	Address string // IPv4 address of eth0
}

// NewNetns creates a namespace which is removed at the end of the test.
func NewNetns(t testing.TB) *Netns {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("these tests create network namespaces and must run as root")
	}
	number := netnsCount.Add(1)
	ns := &Netns{
		Name:    fmt.Sprintf("rk-%d-%d", os.Getpid(), number),
		Address: fmt.Sprintf("10.99.%d.1", number%250+1),
	}
	if err := runIP("netns", "add", ns.Name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := runIP("netns", "del", ns.Name); err != nil {
			t.Error(err)
		}
	})
	// The agent offers no addresses of lo or veth*, hence the name eth0 on its end and veth0 on the other one. IPv6
	// link-local addresses would only add candidates that lead to the same place.
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"link", "add", "eth0", "type", "veth", "peer", "name", "veth0"},
		{"link", "set", "eth0", "addrgenmode", "none"},
		{"link", "set", "veth0", "addrgenmode", "none"},
		{"addr", "add", ns.Address + "/24", "dev", "eth0"},
		{"link", "set", "eth0", "up"},
		{"link", "set", "veth0", "up"},
	} {
		if err := runIP(append([]string{"-n", ns.Name}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	return ns
}

// Command prepares a program to run inside the namespace. `ip netns exec` replaces itself by the program, so the
// process id of the command is the program's.
func (ns *Netns) Command(program string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", ns.Name, program}, args...)...)
}

// DialContext connects from inside the namespace; the address must be an IP literal.
func (ns *Netns) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return inside(ns, func() (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, network, address) })
}

// Listen listens inside the namespace.
func (ns *Netns) Listen(network, address string) (net.Listener, error) {
	return inside(ns, func() (net.Listener, error) { return net.Listen(network, address) })
}

// inside makes a socket in the namespace. It stays there, so only its creation needs a thread that has moved.
func inside[Socket any](ns *Netns, create func() (Socket, error)) (socket Socket, err error) {
	there, err := os.Open(filepath.Join(netnsDir, ns.Name))
	if err != nil {
		return socket, err
	}
	defer there.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		var here *os.File
		if here, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			runtime.UnlockOSThread()
			return
		}
		defer here.Close()
		if err = unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			runtime.UnlockOSThread()
			return
		}
		socket, err = create()
		// A thread that cannot return must not serve other goroutines: left locked, it ends with this one.
		if unix.Setns(int(here.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
	}()
	<-done
	return socket, err
}

// RemoveDeadNetns removes the namespaces of runs that were killed before they could clean up.
func RemoveDeadNetns() error {
	return removeOfDeadRuns(netnsDir, netnsName, func(name string) error { return runIP("netns", "del", name) })
}

func runIP(args ...string) error {
	output, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}
