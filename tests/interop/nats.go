package interop

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	natsPort       = 4222 // and the next ones
	natsRoutePort  = 6222
	natsReadyLimit = 10 * time.Second
)

// Nats is a cluster of nats-servers on one address.
type Nats struct {
	ns      *Netns
	servers []*process
	log     *os.File
}

// StartNats starts a cluster and waits until all of it answers.
func StartNats(t testing.TB, ns *Netns, size int) *Nats {
	t.Helper()
	if findProgram("nats-server") == "" {
		t.Skip("nats-server is not installed")
	}
	log, err := os.Create(filepath.Join(newWorkDir(t, "nats"), "nats.log"))
	if err != nil {
		t.Fatal(err)
	}
	nats := &Nats{ns: ns, servers: make([]*process, size), log: log}
	t.Cleanup(func() {
		for i := range nats.servers {
			nats.Kill(i)
		}
		log.Close()
	})
	for i := range nats.servers {
		nats.Start(t, i)
	}
	return nats
}

// Endpoints is the value of NATS_ENDPOINTS.
func (n *Nats) Endpoints() string {
	endpoints := make([]string, len(n.servers))
	for i := range endpoints {
		endpoints[i] = "nats://" + n.address(i)
	}
	return strings.Join(endpoints, ",")
}

// Start starts one server, again after Kill, and waits until it answers.
func (n *Nats) Start(t testing.TB, i int) {
	t.Helper()
	routes := make([]string, len(n.servers))
	for j := range routes {
		routes[j] = fmt.Sprintf("nats://%s:%d", n.ns.Address, natsRoutePort+j)
	}
	cmd := n.ns.Command(findProgram("nats-server"), "-a", n.ns.Address, "-p", fmt.Sprint(natsPort+i),
		"--cluster_name", "scenario", "--cluster", routes[i], "--routes", strings.Join(routes, ","))
	cmd.Stdout, cmd.Stderr = n.log, n.log
	var err error
	if n.servers[i], err = startProcess(cmd); err != nil {
		t.Fatal(err)
	}
	if err := waitForPort(n.ns, n.address(i), natsReadyLimit); err != nil {
		t.Fatal(err)
	}
}

// Kill ends one server at once, if it runs.
func (n *Nats) Kill(i int) {
	if n.servers[i] != nil {
		n.servers[i].kill()
		n.servers[i] = nil
	}
}

func (n *Nats) address(i int) string { return fmt.Sprintf("%s:%d", n.ns.Address, natsPort+i) }

func waitForPort(ns *Netns, address string, limit time.Duration) error {
	_, err := waitFor(limit, 10*time.Millisecond, func() (bool, string) {
		connection, err := inside(ns, func() (net.Conn, error) { return net.DialTimeout("tcp", address, time.Second) })
		if err != nil {
			return false, err.Error()
		}
		connection.Close()
		return true, ""
	})
	return err
}

// suspend stops a process as a machine that is suspended would; resume lets it go on.
func (p *process) suspend() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) resume()  { _ = p.cmd.Process.Signal(syscall.SIGCONT) }
