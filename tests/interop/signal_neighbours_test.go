package interop

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	signalproto "github.com/netbirdio/netbird/shared/signal/proto"
	"google.golang.org/grpc"
)

const (
	slowBody      = 32 << 10 // bytes of one message to an agent that does not read
	floodRate     = 10_000   // messages a second, wanted
	floodCallers  = 32
	floodTime     = 4 * time.Second
	memoryAllowed = 64 << 20 // growth of a node while it is flooded
)

var residentSize = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func (n *SignalNode) resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.process.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	kilobytes, err := strconv.Atoi(string(residentSize.FindSubmatch(text)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// dropped is how many messages the nodes say they have dropped, on the way to each other or to an agent.
func (s *signalScenario) dropped(t *testing.T) int64 {
	t.Helper()
	sum := 0.0
	for _, node := range s.pool.Nodes {
		metrics, err := node.Metrics()
		if err != nil {
			t.Fatal(err)
		}
		sum += metrics["rookery_signal_outbox_dropped_total"] +
			metrics[`rookery_pool_messages_dropped_total{reason="overflow"}`] +
			metrics[`rookery_pool_messages_dropped_total{reason="too_old"}`]
	}
	return int64(sum)
}

// One agent that reads nothing, and one that sends as fast as it can: their neighbours must not notice.
func TestScenarioSignalSlowReaderAndFlooder(t *testing.T) {
	// A sanitizer would keep freed memory for long.
	s := startSignalScenario(t, 1, 2, balancers[0], "NB_SIGNAL_SEND_TIMEOUT=1s", "ASAN_OPTIONS=quarantine_size_mb=4")
	time.Sleep(floodTime / 2)
	calmUntil := time.Now()
	memory := s.pool.Nodes[0].resident(t)

	near := dialNode(t, s.pool.Nodes[0])
	slow, err := openSignalStream(t.Context(), dialNode(t, s.pool.Nodes[0], grpc.WithInitialWindowSize(64<<10),
		grpc.WithInitialConnWindowSize(64<<10)), "slow")
	if err != nil {
		t.Fatal(err)
	}
	flooded, err := openSignalStream(t.Context(), dialNode(t, s.pool.Nodes[1]), "flooded")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.WaitForAgents(simulatedAgents+2, poolLimit); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), floodTime)
	defer cancel()
	var sent, heard atomic.Int64
	go func() {
		for {
			if _, err := flooded.Recv(); err != nil {
				return
			}
			heard.Add(1)
		}
	}()
	var all sync.WaitGroup
	for range floodCallers {
		all.Go(func() {
			tick := time.NewTicker(floodCallers * time.Second / floodRate)
			defer tick.Stop()
			for ctx.Err() == nil {
				if _, err := near.Send(ctx, &signalproto.EncryptedMessage{Key: "flooder", RemoteKey: "flooded"}); err == nil {
					sent.Add(1)
				}
				<-tick.C
			}
		})
	}
	all.Go(func() {
		body := make([]byte, slowBody)
		for ctx.Err() == nil {
			_, _ = near.Send(ctx, &signalproto.EncryptedMessage{Key: "flooder", RemoteKey: "slow", Body: body})
			time.Sleep(time.Millisecond)
		}
	})
	all.Wait()

	// What the flooded one does not read in time is dropped, oldest first, and counted.
	if _, err := waitFor(poolLimit, 10*time.Millisecond, func() (bool, string) {
		dropped := s.dropped(t)
		return heard.Load()+dropped >= sent.Load(),
			fmt.Sprintf("%d of %d messages of the flooder arrived, %d were dropped", heard.Load(), sent.Load(), dropped)
	}); err != nil {
		t.Error(err)
	}

	grown := s.pool.Nodes[0].resident(t) - memory
	t.Logf("measured: %d messages a second from the flooder arrived, %d were dropped in all; the node grew by %d MB",
		int(float64(heard.Load())/floodTime.Seconds()), s.dropped(t), grown>>20)
	if grown > memoryAllowed {
		t.Errorf("the node grew by %d MB, more than %d", grown>>20, memoryAllowed>>20)
	}
	// It reads at last: what waited, and that its stream was ended.
	for err == nil {
		_, err = slow.Recv()
	}
	metrics, failure := s.pool.Nodes[0].Metrics()
	if failure != nil {
		t.Fatal(failure)
	}
	if metrics[`message_forward_failures_total{type="timeout"}`] == 0 {
		t.Errorf("no time-out is counted (the slow stream ended with %v)", err)
	}
	time.Sleep(calm)
	end := time.Now()
	s.agents.Stop()
	before, during := s.agents.Report(s.begun, calmUntil, span{}), s.agents.Report(calmUntil, end, span{})
	t.Logf("measured: neighbours before: p99 %s; meanwhile: p99 %s, %s", rounded(before.P99), rounded(during.P99), during)
	if wanted := before.P99*11/10 + 30*time.Millisecond; during.P99 > bound*wanted {
		t.Errorf("a neighbour's p99 is %s, more than %d times %s", rounded(during.P99), bound, rounded(wanted))
	}
	if during.Broken > 0 || during.LostUnbroken > 0 {
		t.Errorf("%d streams of neighbours ended, %d messages were lost", during.Broken, during.LostUnbroken)
	}
}
