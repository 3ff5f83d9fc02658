package interop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	agentStartLimit = 45 * time.Second // a dial that fails takes 30 s by itself
	answerMargin    = 10 * time.Second // for an answer, beyond the time the work itself may take
)

// agentEnvironment is the same for every agent. The firewall variable keeps an agent that runs as root from writing
// nftables rules, which netstack traffic never meets: access rules would not be enforced at all. Peers are to connect
// at once, not on demand, and nothing is to look for a gateway or send metrics out of the test.
var agentEnvironment = []string{
	"NB_FORCE_USERSPACE_FIREWALL=true",
	"NB_LAZY_CONN=off",
	"NB_DISABLE_NAT_MAPPER=true",
	"NB_DISABLE_PCP_HEALTH_CHECK=true",
	"NB_METRICS_PUSH_ENABLED=false",
}

// AgentProcess is a child process with any number of agents, all with the same environment.
type AgentProcess struct {
	dir     string
	logPath string
	process *process

	writeLock sync.Mutex
	requests  io.WriteCloser

	lock    sync.Mutex
	lastID  int
	waiting map[int]chan response // nil once the process has ended
}

// Agent is one agent of an agent process.
type Agent struct {
	Started
	Name    string
	BeganAt time.Time // when its start was asked for

	host *AgentProcess
}

// StartAgentProcess starts an agent process in the namespace, with further variables like NB_FORCE_RELAY=true. It ends
// with the test.
func StartAgentProcess(t testing.TB, ns *Netns, environment ...string) *AgentProcess {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := newWorkDir(t, "agents")
	log, err := os.Create(filepath.Join(dir, "agents.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := ns.Command(self)
	cmd.Env = append(cleanEnvironment(), agentProcessMark+"=1")
	cmd.Env = append(cmd.Env, "NB_STATE_DIR="+dir, "NB_DNS_STATE_FILE="+filepath.Join(dir, "dns.json"))
	cmd.Env = append(cmd.Env, agentEnvironment...)
	cmd.Env = append(cmd.Env, environment...)
	cmd.Stderr = log
	// Pipes of our own: those of exec.Cmd are closed by Wait, possibly before the last answer is read.
	childInput, requests, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, childOutput, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = childInput
	cmd.Stdout = childOutput
	child, err := startProcess(cmd)
	childInput.Close()
	childOutput.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := &AgentProcess{dir: dir, logPath: log.Name(), process: child, requests: requests, waiting: map[int]chan response{}}
	go p.readAnswers(answers)
	t.Cleanup(func() {
		p.end(t)
		log.Close()
		if t.Failed() {
			logLastLines(t, "agents", log.Name(), 80)
		}
	})
	return p
}

// AgentOptions say how to start an agent.
type AgentOptions struct {
	Name     string
	SetupKey string

	// ConfigPath is the file in which the agent keeps its identity: started again with the same file, in whatever
	// process, it is the same peer. When empty, the identity is lost with the agent.
	ConfigPath string

	// Limit is how long the start may take; zero stands for agentStartLimit.
	Limit time.Duration
}

// StartAgent runs an agent and waits until it has joined. An agent that does not get in has not given up when its
// limit has passed, it goes on trying until the process ends: NetBird's agents retry whatever the server answers.
func (p *AgentProcess) StartAgent(server *Server, options AgentOptions) (*Agent, error) {
	limit := options.Limit
	if limit == 0 {
		limit = agentStartLimit
	}
	a := &Agent{Name: options.Name, BeganAt: time.Now(), host: p}
	params := startParams{
		Agent:         options.Name,
		ManagementURL: server.URL,
		SetupKey:      options.SetupKey,
		ConfigPath:    options.ConfigPath,
		StatePath:     filepath.Join(p.dir, options.Name+".state.json"),
		Limit:         limit,
	}
	if err := p.call(opStart, params, &a.Started, limit); err != nil {
		return nil, fmt.Errorf("starting %s: %w", options.Name, err)
	}
	return a, nil
}

// Log returns what the agents have logged.
func (p *AgentProcess) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// StartAgents runs several agents, side by side, with the same setup key.
func (p *AgentProcess) StartAgents(t testing.TB, server *Server, setupKey string, names ...string) []*Agent {
	t.Helper()
	agents := make([]*Agent, len(names))
	failures := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			agents[i], failures[i] = p.StartAgent(server, AgentOptions{Name: name, SetupKey: setupKey})
		})
	}
	begin := time.Now()
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d agents up after %s", len(agents), rounded(time.Since(begin)))
	return agents
}

// Stop ends the agent; the process stays.
func (a *Agent) Stop() error {
	return a.host.call(opStop, agentParams{a.Name}, nil, 15*time.Second)
}

// Status asks the agent for its connections. It makes the agent probe its servers: do not ask more than twice a second.
func (a *Agent) Status() (Status, error) {
	var status Status
	err := a.host.call(opStatus, agentParams{a.Name}, &status, 30*time.Second)
	return status, err
}

// NetworkMap returns what Management sent the agent last; it may be asked for often.
func (a *Agent) NetworkMap() (NetworkMap, error) {
	var networkMap NetworkMap
	err := a.host.call(opMap, agentParams{a.Name}, &networkMap, 0)
	return networkMap, err
}

// Echo sends count messages through the tunnel to the other agent, which returns them.
func (a *Agent) Echo(network string, to *Agent, count int, limit time.Duration) (EchoResult, error) {
	var result EchoResult
	params := echoParams{Agent: a.Name, Network: network, IP: to.IP, Count: count, Limit: limit}
	if err := a.host.call(opEcho, params, &result, limit); err != nil {
		return EchoResult{}, fmt.Errorf("from %s to %s: %w", a.Name, to.Name, err)
	}
	return result, nil
}

// StartProbe sends messages to the other agent until StopProbe, to measure interruptions.
func (a *Agent) StartProbe(to *Agent) error {
	return a.host.call(opProbeStart, probeParams{Agent: a.Name, IP: to.IP}, nil, 0)
}

// StopProbe ends what StartProbe started.
func (a *Agent) StopProbe() (ProbeResult, error) {
	var result ProbeResult
	err := a.host.call(opProbeStop, agentParams{a.Name}, &result, 0)
	return result, err
}

var errAgentProcessEnded = errors.New("the agent process has ended")

func (p *AgentProcess) call(op string, params, result any, limit time.Duration) error {
	encoded, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan response, 1)
	p.lock.Lock()
	if p.waiting == nil {
		p.lock.Unlock()
		return errAgentProcessEnded
	}
	p.lastID++
	id := p.lastID
	p.waiting[id] = answer
	p.lock.Unlock()

	if err := p.send(request{ID: id, Op: op, Params: encoded}); err != nil {
		return err
	}
	select {
	case r, ok := <-answer:
		switch {
		case !ok:
			return errAgentProcessEnded
		case r.Error != "":
			return errors.New(r.Error)
		case result == nil:
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-time.After(limit + answerMargin):
		return fmt.Errorf("no answer to %q within %s", op, limit+answerMargin)
	}
}

func (p *AgentProcess) send(r request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	p.writeLock.Lock()
	defer p.writeLock.Unlock()
	_, err = p.requests.Write(append(line, '\n'))
	return err
}

func (p *AgentProcess) readAnswers(answers io.ReadCloser) {
	defer answers.Close()
	lines := bufio.NewScanner(answers)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r response
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue // not ours; the request it might have answered runs into its limit
		}
		p.lock.Lock()
		answer := p.waiting[r.ID]
		delete(p.waiting, r.ID)
		p.lock.Unlock()
		if answer != nil {
			answer <- r
		}
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, answer := range p.waiting {
		close(answer)
	}
	p.waiting = nil
}

// end closes the child's input, upon which it exits; one that crashed during the test fails the test.
func (p *AgentProcess) end(t testing.TB) {
	if p.process.ended() {
		t.Errorf("the agent process ended during the test: %s", p.process.cmd.ProcessState)
		return
	}
	p.requests.Close()
	select {
	case <-p.process.done:
	case <-time.After(10 * time.Second):
		p.process.kill()
		t.Error("the agent process did not end and was killed")
	}
}
