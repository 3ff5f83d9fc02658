package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/netbirdio/netbird/client/embed"
)

// agentProcessMark in the environment makes the test binary an agent process instead of running tests.
const agentProcessMark = "ROOKERY_AGENT"

// logLevelVariable sets the agents' log level; NetBird's default is info.
const logLevelVariable = "ROOKERY_INTEROP_LOG_LEVEL"

// IsAgentProcess tells TestMain that this process is to hold agents.
func IsAgentProcess() bool { return os.Getenv(agentProcessMark) != "" }

// RunAgentProcess answers requests from standard input until it is closed, which also ends the agents: they hold
// nothing outside the process.
func RunAgentProcess() int {
	answers := os.Stdout
	os.Stdout = os.Stderr // whatever a library prints must not end up among the answers
	if err := newAgentHost(answers).serve(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "agent process:", err)
		return 1
	}
	return 0
}

// agentHost holds the agents of one process by name.
type agentHost struct {
	answersLock sync.Mutex
	answers     *json.Encoder

	agentsLock sync.Mutex
	agents     map[string]*agent
}

type agent struct {
	client    *embed.Client
	stopProbe func() (ProbeResult, error) // nil when none runs
}

func newAgentHost(answers io.Writer) *agentHost {
	return &agentHost{answers: json.NewEncoder(answers), agents: map[string]*agent{}}
}

func (h *agentHost) serve(requests io.Reader) error {
	lines := bufio.NewScanner(requests)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("request %q: %w", lines.Bytes(), err)
		}
		go h.answer(r) // agents are started side by side, and asked while others are still starting
	}
	return lines.Err()
}

func (h *agentHost) answer(r request) {
	result, err := h.perform(r.Op, r.Params)
	answer := response{ID: r.ID}
	if err == nil && result != nil {
		answer.Result, err = json.Marshal(result)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	h.answersLock.Lock()
	defer h.answersLock.Unlock()
	_ = h.answers.Encode(answer) // without a reader there is nobody left to tell
}

func (h *agentHost) perform(op string, params json.RawMessage) (any, error) {
	switch op {
	case opPing:
		return ping(), nil
	case opStart:
		return withParams(params, h.start)
	case opStop:
		return withAgent(h, params, func(a *agent, p agentParams) (any, error) { return nil, h.stop(a, p.Agent) })
	case opStatus:
		return withAgent(h, params, func(a *agent, _ agentParams) (Status, error) { return a.status() })
	case opMap:
		return withAgent(h, params, func(a *agent, _ agentParams) (NetworkMap, error) { return a.networkMap() })
	case opEcho:
		return withParams(params, h.echo)
	case opProbeStart:
		return withParams(params, func(p probeParams) (any, error) { return nil, h.startProbe(p) })
	case opProbeStop:
		return withAgent(h, params, func(a *agent, p agentParams) (ProbeResult, error) { return h.stopProbe(a, p.Agent) })
	}
	return nil, fmt.Errorf("unknown operation %q", op)
}

func withParams[P, R any](params json.RawMessage, do func(P) (R, error)) (any, error) {
	var p P
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, fmt.Errorf("parameters %q: %w", params, err)
	}
	return do(p)
}

func withAgent[R any](h *agentHost, params json.RawMessage, do func(*agent, agentParams) (R, error)) (any, error) {
	return withParams(params, func(p agentParams) (R, error) {
		a, err := h.find(p.Agent)
		if err != nil {
			var none R
			return none, err
		}
		return do(a, p)
	})
}

func (h *agentHost) find(name string) (*agent, error) {
	h.agentsLock.Lock()
	defer h.agentsLock.Unlock()
	a := h.agents[name]
	if a == nil {
		return nil, fmt.Errorf("no agent %q runs", name)
	}
	return a, nil
}

func ping() pingResult {
	result := pingResult{PID: os.Getpid(), Environment: map[string]string{}}
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "NB_") {
			result.Environment[name] = value
		}
	}
	return result
}

// start runs an agent and an echo service on its overlay address.
func (h *agentHost) start(p startParams) (Started, error) {
	randomPort, lazy := 0, false
	level := os.Getenv(logLevelVariable)
	if level == "" {
		level = "info"
	}
	client, err := embed.New(embed.Options{
		DeviceName:            p.Agent,
		SetupKey:              p.SetupKey,
		ManagementURL:         p.ManagementURL,
		ConfigPath:            p.ConfigPath,
		StatePath:             p.StatePath,
		WireguardPort:         &randomPort,
		LazyConnectionEnabled: &lazy,
		LogLevel:              level,
		LogOutput:             stamped{os.Stderr},
	})
	if err != nil {
		return Started{}, err
	}
	if err := within(p.Limit, client.Start); err != nil {
		return Started{}, err
	}
	if err := serveEcho(client); err != nil {
		return Started{}, err
	}
	status, err := client.Status()
	if err != nil {
		return Started{}, err
	}
	h.agentsLock.Lock()
	defer h.agentsLock.Unlock()
	if h.agents[p.Agent] != nil {
		return Started{}, fmt.Errorf("agent %q was started twice", p.Agent)
	}
	h.agents[p.Agent] = &agent{client: client}
	return Started{IP: withoutPrefix(status.LocalPeerState.IP), PubKey: status.LocalPeerState.PubKey, FQDN: status.LocalPeerState.FQDN}, nil
}

func withoutPrefix(address string) string {
	ip, _, _ := strings.Cut(address, "/")
	return ip
}

// within limits a call which does not itself watch its context all the time (dial and login of Start do not).
func within(limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- call(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(limit + time.Second):
		return fmt.Errorf("not finished within %s", limit)
	}
}

// serveEcho answers on the overlay network; the agent's end closes the listeners.
func serveEcho(client *embed.Client) error {
	datagrams, err := client.ListenUDP(":" + echoPort)
	if err != nil {
		return fmt.Errorf("echo service over UDP: %w", err)
	}
	streams, err := client.ListenTCP(":" + echoPort)
	if err != nil {
		return fmt.Errorf("echo service over TCP: %w", err)
	}
	go serveEchoUDP(datagrams)
	go serveEchoTCP(streams)
	return nil
}

func (h *agentHost) stop(a *agent, name string) error {
	h.agentsLock.Lock()
	delete(h.agents, name)
	h.agentsLock.Unlock()
	return within(15*time.Second, a.client.Stop)
}

func (a *agent) status() (Status, error) {
	full, err := a.client.Status()
	if err != nil {
		return Status{}, err
	}
	result := Status{
		IP:         withoutPrefix(full.LocalPeerState.IP),
		PubKey:     full.LocalPeerState.PubKey,
		Management: full.ManagementState.Connected,
		Signal:     full.SignalState.Connected,
	}
	for i := range full.Peers {
		peer := &full.Peers[i]
		result.Peers = append(result.Peers, PeerStatus{
			PubKey:       peer.PubKey,
			Connected:    peer.ConnStatus == embed.PeerStatusConnected,
			Relayed:      peer.Relayed,
			RelayAddress: peer.RelayServerAddress,
			LocalICE:     peer.LocalIceCandidateType,
			RemoteICE:    peer.RemoteIceCandidateType,
			Handshake:    peer.LastWireguardHandshake,
		})
	}
	return result, nil
}

func (a *agent) networkMap() (NetworkMap, error) {
	sync, err := a.client.GetLatestSyncResponse()
	if err != nil {
		return NetworkMap{}, err
	}
	received := sync.GetNetworkMap()
	if received == nil {
		return NetworkMap{}, errors.New("the last Sync message has no network map")
	}
	result := NetworkMap{Serial: received.GetSerial()}
	for _, peer := range received.GetRemotePeers() {
		result.PubKeys = append(result.PubKeys, peer.GetWgPubKey())
	}
	for _, peer := range received.GetOfflinePeers() {
		result.PubKeys = append(result.PubKeys, peer.GetWgPubKey())
	}
	return result, nil
}

func (h *agentHost) echo(p echoParams) (EchoResult, error) {
	a, err := h.find(p.Agent)
	if err != nil {
		return EchoResult{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.Limit)
	defer cancel()
	return echo(ctx, a.client.Dial, p.Network, net.JoinHostPort(p.IP, echoPort), p.Count)
}

func (h *agentHost) startProbe(p probeParams) error {
	a, err := h.find(p.Agent)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var result ProbeResult
	var failure error
	done := make(chan struct{})
	h.agentsLock.Lock()
	defer h.agentsLock.Unlock()
	if a.stopProbe != nil {
		cancel()
		return fmt.Errorf("agent %q is probing already", p.Agent)
	}
	a.stopProbe = func() (ProbeResult, error) {
		cancel()
		<-done
		return result, failure
	}
	go func() {
		defer close(done)
		result, failure = probe(ctx, a.client.Dial, net.JoinHostPort(p.IP, echoPort))
	}()
	return nil
}

func (h *agentHost) stopProbe(a *agent, name string) (ProbeResult, error) {
	h.agentsLock.Lock()
	stop := a.stopProbe
	a.stopProbe = nil
	h.agentsLock.Unlock()
	if stop == nil {
		return ProbeResult{}, fmt.Errorf("agent %q is not probing", name)
	}
	return stop()
}
