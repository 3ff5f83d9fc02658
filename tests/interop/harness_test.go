package interop

// Tests of the harness itself; they need no server.

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestHarnessNamespaceHasNothingButItsOwnAddresses(t *testing.T) {
	ns := NewNetns(t)
	output, err := ns.Command("ip", "-br", "addr").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(output)), "\n") {
		fields := strings.Fields(line)
		name, _, _ := strings.Cut(fields[0], "@")
		addresses := strings.Join(fields[2:], " ")
		want := map[string]string{"lo": "127.0.0.1/8 ::1/128", "eth0": ns.Address + "/24", "veth0": ""}[name]
		if addresses != want {
			t.Errorf("%s has %q, want %q", name, addresses, want)
		}
	}
	if routes, err := ns.Command("ip", "route", "show", "default").Output(); err != nil || len(routes) != 0 {
		t.Errorf("there is a way out: %s %v", routes, err)
	}
}

func TestHarnessNamespacesOfDeadRunsAreRemoved(t *testing.T) {
	finished := exec.Command("true")
	if err := finished.Run(); err != nil {
		t.Fatal(err)
	}
	dead := "rk-" + strconv.Itoa(finished.Process.Pid) + "-1"
	if err := runIP("netns", "add", dead); err != nil {
		t.Fatal(err)
	}
	alive := NewNetns(t)
	if err := RemoveDeadNetns(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(netnsDir, dead)); err == nil {
		t.Errorf("%s is still there", dead)
	}
	if _, err := os.Stat(filepath.Join(netnsDir, alive.Name)); err != nil {
		t.Errorf("a live namespace is gone: %v", err)
	}
}

func TestHarnessDialReachesTheInsideOnly(t *testing.T) {
	ns := NewNetns(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0") // outside
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if conn, err := ns.DialContext(ctx, "tcp", listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("reached a listener outside the namespace")
	}
	// And the thread went back: the same address is reachable without the namespace.
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestHarnessAgentProcessAnswersAndHasTheAgentsEnvironment(t *testing.T) {
	t.Setenv("NB_FORCE_RELAY", "true") // of the caller: must not get through
	ns := NewNetns(t)
	p := StartAgentProcess(t, ns, "NB_RELAY_TRANSPORT=ws")
	var result pingResult
	if err := p.call(opPing, nil, &result, 0); err != nil {
		t.Fatal(err)
	}
	if result.PID != p.process.cmd.Process.Pid {
		t.Errorf("the process is %d, we would kill %d", result.PID, p.process.cmd.Process.Pid)
	}
	for name, want := range map[string]string{
		"NB_FORCE_USERSPACE_FIREWALL": "true",
		"NB_LAZY_CONN":                "off",
		"NB_RELAY_TRANSPORT":          "ws",
		"NB_FORCE_RELAY":              "",
	} {
		if got := result.Environment[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	inside, err := os.Readlink("/proc/" + strconv.Itoa(result.PID) + "/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if outside, _ := os.Readlink("/proc/self/ns/net"); inside == outside {
		t.Error("the agent process is not inside the namespace")
	}
	for _, op := range []string{opStatus, "no-such-operation"} {
		if err := p.call(op, agentParams{"nobody"}, nil, 0); err == nil {
			t.Errorf("%q of an agent that is not there succeeded", op)
		}
	}
}

func TestHarnessCallFailsWhenTheAgentProcessDies(t *testing.T) {
	ns := NewNetns(t)
	cmd := ns.Command("sleep", "60")
	child, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	_, requests := net.Pipe()
	answers, output, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &AgentProcess{process: child, requests: requests, waiting: map[int]chan response{}}
	go p.readAnswers(answers)
	child.kill()
	output.Close()
	if _, err := waitFor(5*time.Second, 10*time.Millisecond, func() (bool, string) {
		p.lock.Lock()
		defer p.lock.Unlock()
		return p.waiting == nil, "the end was not noticed"
	}); err != nil {
		t.Fatal(err)
	}
	if err := p.call(opPing, nil, nil, 0); err != errAgentProcessEnded {
		t.Errorf("got %v", err)
	}
}

func TestHarnessEchoAndProbe(t *testing.T) {
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	streams, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	go serveEchoUDP(datagrams)
	go serveEchoTCP(streams)
	dial := (&net.Dialer{}).DialContext

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, address := range []net.Addr{datagrams.LocalAddr(), streams.Addr()} {
		result, err := echo(ctx, dial, address.Network(), address.String(), 100)
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s: %+v", address.Network(), result)
	}

	short, cancel := context.WithTimeout(context.Background(), 550*time.Millisecond)
	defer cancel()
	result, err := probe(short, dial, datagrams.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	if result.Sent < 3 || result.Answered < 3 || result.LongestGap <= 0 {
		t.Errorf("probe: %+v", result)
	}
	t.Logf("probe: %+v", result)
}

func TestHarnessEchoGivesUpWithoutAnAnswer(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err = echo(ctx, (&net.Dialer{}).DialContext, "udp", silent.LocalAddr().String(), 1)
	if err == nil || time.Since(begin) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	t.Log(err)
}

func TestHarnessTimelineOfALog(t *testing.T) {
	var log strings.Builder
	began := time.Now().Truncate(time.Millisecond)
	early := began.Add(-time.Second).UTC().Format(stampFormat)
	log.WriteString(early + " back\nno stamp, back\n")
	for _, line := range []string{"back\n", "gone\n", "back again\n"} {
		if _, err := (stamped{&log}).Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	second := logged(log.String(), began, "second", "back", 2)
	if len(second) != 1 || second[0].at.Before(began) || time.Since(second[0].at) > time.Minute {
		t.Fatalf("the second line is at %v, the log is\n%s", second, log.String())
	}
	if third := logged(log.String(), began, "third", "back", 3); third != nil {
		t.Errorf("there is no third line: %v", third)
	}
	text := timeline(began, []mark{{"later", began.Add(1500 * time.Millisecond)}, {"sooner", began.Add(20 * time.Millisecond)}})
	if want := "\n  + 0.020 s  sooner\n  + 1.500 s  later"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}
