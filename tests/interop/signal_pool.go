package interop

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	balancerPort      = 8443
	balancerStatsPort = 8444
	signalPort        = 9001 // and the next ones
	signalMetricsPort = 9101
	poolLimit         = 15 * time.Second
)

// SignalNode is one `rookery signal` of a pool.
type SignalNode struct {
	Name    string
	pool    *SignalPool
	binary  string
	index   int
	process *process
	log     *os.File
}

// SignalPool is nats-servers, Signal nodes and a balancer in front, in one namespace.
type SignalPool struct {
	Address string // of the balancer
	Nats    *Nats
	Nodes   []*SignalNode

	ns          *Netns
	environment []string
	client      *http.Client
}

// StartSignalPool starts all of it and waits until every node knows every other one. configuration is a file of
// deploy/signal, which is used as an operator would.
func StartSignalPool(t testing.TB, ns *Netns, nats, nodes int, configuration string, environment ...string) *SignalPool {
	t.Helper()
	pool := &SignalPool{
		Address: fmt.Sprintf("%s:%d", ns.Address, balancerPort),
		Nats:    StartNats(t, ns, nats), ns: ns, environment: environment,
		client: &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DialContext: ns.DialContext, DisableKeepAlives: true}},
	}
	for i := range nodes {
		node := &SignalNode{Name: fmt.Sprintf("signal-%d", i+1), pool: pool, index: i, binary: rookeryBinary(t)}
		log, err := os.Create(filepath.Join(newWorkDir(t, "signal"), node.Name+".log"))
		if err != nil {
			t.Fatal(err)
		}
		node.log = log
		t.Cleanup(func() {
			node.Kill()
			log.Close()
			if t.Failed() {
				logLastLines(t, node.Name, log.Name(), 60)
			}
		})
		pool.Nodes = append(pool.Nodes, node)
		node.Start(t)
	}
	pool.startBalancer(t, configuration)
	if err := pool.WaitTogether(poolLimit); err != nil {
		t.Fatal(err)
	}
	return pool
}

func (p *SignalPool) startBalancer(t testing.TB, configuration string) {
	t.Helper()
	haproxy := findProgram("haproxy")
	if haproxy == "" {
		t.Skip("HAProxy is not installed")
	}
	text, err := os.ReadFile(filepath.Join("../../deploy/signal", configuration))
	if err != nil {
		t.Fatal(err)
	}
	dir := newWorkDir(t, "haproxy")
	file := filepath.Join(dir, "haproxy.cfg")
	for i := 2; i < len(p.Nodes); i++ {
		text = append(text, fmt.Sprintf("    server signal-%d \"${SIGNAL_%d}\"\n", i+1, i+1)...)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "haproxy.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := p.ns.Command(haproxy, "-db", "-f", file)
	cmd.Env = append(cleanEnvironment(), "SIGNAL_LISTEN="+p.Address)
	for i, node := range p.Nodes {
		cmd.Env = append(cmd.Env, fmt.Sprintf("SIGNAL_%d=%s", i+1, node.address()))
	}
	cmd.Stdout, cmd.Stderr = log, log
	running, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		running.kill()
		log.Close()
		if t.Failed() {
			logLastLines(t, "HAProxy", log.Name(), 20)
		}
	})
	if err := waitForPort(p.ns, p.Address, poolLimit); err != nil {
		t.Fatal(err)
	}
}

// Running are the nodes whose process runs.
func (p *SignalPool) Running() []*SignalNode {
	var running []*SignalNode
	for _, node := range p.Nodes {
		if node.process != nil {
			running = append(running, node)
		}
	}
	return running
}

// WaitTogether waits until every running node knows all running ones and everything they hold.
func (p *SignalPool) WaitTogether(limit time.Duration) error {
	nodes := p.Running()
	return p.waitForMetrics(limit, func(metrics map[string]float64) string {
		if metrics["rookery_pool_nodes"] != float64(len(nodes)) || metrics["rookery_pool_settled"] != 1 {
			return fmt.Sprintf("knows %v nodes, settled %v", metrics["rookery_pool_nodes"], metrics["rookery_pool_settled"])
		}
		return ""
	})
}

// WaitForAgents waits until every running node knows exactly this many registered agents, and the nodes together have as
// many streams: no stream is left of whom is registered elsewhere.
func (p *SignalPool) WaitForAgents(agents int, limit time.Duration) (time.Duration, error) {
	begin := time.Now()
	var last error
	for time.Since(begin) < limit {
		streams := 0.0
		last = p.waitForMetrics(limit-time.Since(begin), func(metrics map[string]float64) string {
			streams += metrics["active_peers"]
			if metrics["rookery_pool_addresses"] != float64(agents) {
				return fmt.Sprintf("knows %v agents, not %d", metrics["rookery_pool_addresses"], agents)
			}
			return ""
		})
		if last == nil && int(streams) == agents {
			return time.Since(begin), nil
		}
		if last == nil {
			last = fmt.Errorf("%v streams for %d agents", streams, agents)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(begin), last
}

// waitForMetrics asks every running node until none has anything amiss.
func (p *SignalPool) waitForMetrics(limit time.Duration, amiss func(map[string]float64) string) error {
	for _, node := range p.Running() {
		if _, err := waitFor(limit, 20*time.Millisecond, func() (bool, string) {
			metrics, err := node.Metrics()
			if err != nil {
				return false, err.Error()
			}
			text := amiss(metrics)
			return text == "", node.Name + " " + text
		}); err != nil {
			return err
		}
	}
	return nil
}

func (n *SignalNode) address() string {
	return fmt.Sprintf("%s:%d", n.pool.ns.Address, signalPort+n.index)
}

// Start starts the node, again after it ended, and waits until it answers.
func (n *SignalNode) Start(t testing.TB) {
	t.Helper()
	cmd := asUser(n.pool.ns.Command(n.binary, "signal", "--port", fmt.Sprint(signalPort+n.index), "--metrics-port",
		fmt.Sprint(signalMetricsPort+n.index), "--log-level", "debug"), firstNodeUser+n.index)
	cmd.Env = append(cleanEnvironment(), "SINGLE_NODE_MODE=false", "NATS_ENDPOINTS="+n.pool.Nats.Endpoints(),
		"ROOKERY_DRAIN_DELAY=1500ms", "ROOKERY_DRAIN_TIMEOUT=1s", "ROOKERY_DRAIN_GOODBYE=500ms")
	cmd.Env = append(cmd.Env, n.pool.environment...)
	cmd.Stdout, cmd.Stderr = n.log, n.log
	var err error
	if n.process, err = startProcess(cmd); err != nil {
		t.Fatal(err)
	}
	if err := waitForPort(n.pool.ns, n.address(), poolLimit); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the node without giving it a chance to say anything.
func (n *SignalNode) Kill() {
	if n.process != nil {
		n.process.kill()
		n.process = nil
	}
}

// Terminate ends the node as an init system would and returns how long that took.
func (n *SignalNode) Terminate(limit time.Duration) (time.Duration, error) {
	begin, process := time.Now(), n.process
	n.process = nil
	if err := process.terminate(limit); err != nil {
		return time.Since(begin), err
	}
	if state := process.cmd.ProcessState; !state.Success() {
		return time.Since(begin), fmt.Errorf("%s stopped with %s", n.Name, state)
	}
	return time.Since(begin), nil
}

// Metrics are the node's values without labels, by name.
func (n *SignalNode) Metrics() (map[string]float64, error) {
	url := fmt.Sprintf("http://%s:%d/metrics", n.pool.ns.Address, signalMetricsPort+n.index)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := n.pool.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, text, found := strings.Cut(lines.Text(), " ")
		if value, err := strconv.ParseFloat(text, 64); found && err == nil {
			values[name] = value
		}
	}
	return values, lines.Err()
}
