package interop

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	signalproto "github.com/netbirdio/netbird/shared/signal/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

const (
	signalInterval  = 50 * time.Millisecond // between two messages to one receiver
	reconnectPause  = 200 * time.Millisecond
	signalCallLimit = 5 * time.Second
)

// SignalAgents are simulated agents: each keeps a stream through the balancer, makes it anew when it ends, and sends
// numbered messages to some others all the time.
type SignalAgents struct {
	agents []*signalAgent
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// span is a time during which an agent was registered; a zero end: it still is.
type span struct{ from, to time.Time }

func (s span) holds(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// place is where a message stands: in what its sender has sent.
type place struct {
	sender int
	number uint64
}

type sentMessage struct {
	at       time.Time
	to       int
	accepted bool // by a server
}

type signalAgent struct {
	index int
	id    string
	conn  *grpc.ClientConn

	lock       sync.Mutex
	registered []span
	statuses   []string                       // with which streams ended
	sent       []sentMessage                  // the place is the message's number
	received   map[int]map[uint64][]time.Time // sender, number: when it came
	disorder   []place                        // messages that came after a later one of the same sender, within one stream
}

// StartSignalAgents starts agents that each send to `fanout` others, and waits until all are registered.
func StartSignalAgents(t testing.TB, ns *Netns, address string, count, fanout int) *SignalAgents {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	all := &SignalAgents{stop: stop}
	for i := range count {
		// A connection of its own each, as real agents have: the balancer spreads connections.
		conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
			// Notices a node that stands still, as real agents do.
			grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 3 * time.Second}),
			grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: 2 * time.Second,
				Backoff: backoff.Config{BaseDelay: reconnectPause, Multiplier: 1.2, Jitter: 0.2, MaxDelay: time.Second}}),
			grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
				return ns.DialContext(ctx, "tcp", address)
			}))
		if err != nil {
			t.Fatal(err)
		}
		agent := &signalAgent{index: i, id: fmt.Sprintf("agent-%03d", i), conn: conn, received: map[int]map[uint64][]time.Time{}}
		all.agents = append(all.agents, agent)
		all.done.Go(func() { agent.listen(ctx) })
	}
	t.Cleanup(all.Stop)
	for _, agent := range all.agents {
		if _, err := waitFor(poolLimit, 10*time.Millisecond, func() (bool, string) {
			return agent.isRegistered(), agent.id + " is not registered"
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i, agent := range all.agents {
		var receivers []int
		for step := range fanout {
			receivers = append(receivers, (i+1+step*7)%count)
		}
		all.done.Go(func() { agent.talk(ctx, all.agents, receivers) })
	}
	return all
}

// Stop ends all agents; what they noted stays.
func (a *SignalAgents) Stop() {
	a.stop()
	a.done.Wait()
	for _, agent := range a.agents {
		agent.conn.Close()
	}
}

func (a *signalAgent) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := a.serveStream(ctx)
		if ctx.Err() != nil {
			return
		}
		a.lock.Lock()
		a.statuses = append(a.statuses, err.Error())
		a.lock.Unlock()
		time.Sleep(reconnectPause)
	}
}

// serveStream keeps one stream until it ends and says why it did.
func (a *signalAgent) serveStream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(ctx, "x-wiretrustee-peer-id", a.id))
	defer cancel()
	waiting := time.AfterFunc(signalCallLimit, cancel)
	stream, err := signalproto.NewSignalExchangeClient(a.conn).ConnectStream(ctx)
	if err != nil {
		return err
	}
	header, err := stream.Header()
	if err != nil || len(header.Get("x-wiretrustee-peer-registered")) == 0 {
		return fmt.Errorf("not registered: %v %w", header, err)
	}
	waiting.Stop()
	a.lock.Lock()
	a.registered = append(a.registered, span{from: time.Now()})
	a.lock.Unlock()
	last := map[int]uint64{}
	for {
		message, err := stream.Recv()
		if err != nil {
			a.lock.Lock()
			a.registered[len(a.registered)-1].to = time.Now()
			a.lock.Unlock()
			return err
		}
		var sender int
		if _, err := fmt.Sscanf(message.GetKey(), "agent-%d", &sender); err != nil {
			return err
		}
		number := binary.BigEndian.Uint64(message.GetBody())
		a.lock.Lock()
		if a.received[sender] == nil {
			a.received[sender] = map[uint64][]time.Time{}
		}
		a.received[sender][number] = append(a.received[sender][number], time.Now())
		if previous, some := last[sender]; some && number < previous {
			a.disorder = append(a.disorder, place{sender, number})
		}
		last[sender] = number
		a.lock.Unlock()
	}
}

func (a *signalAgent) talk(ctx context.Context, all []*signalAgent, receivers []int) {
	client := signalproto.NewSignalExchangeClient(a.conn)
	pause := time.NewTicker(signalInterval)
	defer pause.Stop()
	for ctx.Err() == nil {
		for _, to := range receivers {
			a.lock.Lock()
			number := uint64(len(a.sent))
			a.sent = append(a.sent, sentMessage{at: time.Now(), to: to})
			a.lock.Unlock()
			call, cancel := context.WithTimeout(ctx, signalCallLimit)
			body := binary.BigEndian.AppendUint64(nil, number)
			_, err := client.Send(call, &signalproto.EncryptedMessage{Key: a.id, RemoteKey: all[to].id, Body: body})
			cancel()
			if err == nil {
				a.lock.Lock()
				a.sent[number].accepted = true
				a.lock.Unlock()
			}
		}
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	}
}

func (a *signalAgent) isRegistered() bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	return len(a.registered) > 0 && a.registered[len(a.registered)-1].to.IsZero()
}

// registeredAt says whether the agent was registered from `from` to `to` without a break.
func (a *signalAgent) registeredAt(from, to time.Time) bool {
	for _, s := range a.registered {
		if !s.from.After(from) && (s.to.IsZero() || s.to.After(to)) {
			return true
		}
	}
	return false
}

// SignalReport is what became of all messages that were sent in a time.
type SignalReport struct {
	Sent          int // accepted by a server
	LostUnbroken  int // the part of Lost between agents whose streams did not end at all
	Lost          int // sent while sender and receiver were registered, and stayed so for a while, and not received
	Twice         int
	Disorder      int
	Broken        int           // agents whose stream ended
	LongestGap    time.Duration // without a message, over all pairs
	UnbrokenGap   time.Duration // the same over the pairs whose streams did not end
	Oldest        time.Duration // of a message when it came
	P99           time.Duration // from sender to receiver
	Statuses      map[string]int
	ExampleOfLoss string
}

func (r SignalReport) String() string {
	return fmt.Sprintf("%d sent, %d lost (%d between unbroken streams), %d twice, %d out of order, oldest %s; %d streams broke %v; longest gap %s, of unbroken pairs %s",
		r.Sent, r.Lost, r.LostUnbroken, r.Twice, r.Disorder, rounded(r.Oldest), r.Broken, r.Statuses, rounded(r.LongestGap), rounded(r.UnbrokenGap))
}

const (
	// landing is how long a message may take: one that was sent so shortly before a stream ended is nobody's loss.
	landing = 300 * time.Millisecond
	// announcing is how long it may take until all nodes know of a registration; it is some milliseconds on a calm machine.
	announcing = 100 * time.Millisecond
)

// Report sums up what was sent from `from` to `to`; call it after Stop. Of what was sent in `excused`, age and order are
// not judged.
func (a *SignalAgents) Report(from, to time.Time, excused span) SignalReport {
	report := SignalReport{Statuses: map[string]int{}}
	var ages []time.Duration
	for _, agent := range a.agents {
		if !agent.registeredAt(from, to) {
			report.Broken++
		}
		for _, status := range agent.statuses {
			report.Statuses[status]++
		}
		for _, late := range agent.disorder {
			if !excused.holds(a.agents[late.sender].sent[late.number].at) {
				report.Disorder++
			}
		}
		arrived := map[int][]time.Time{}
		for number, message := range agent.sent {
			if message.at.Before(from) || message.at.After(to.Add(-landing)) {
				continue
			}
			receiver := a.agents[message.to]
			times := receiver.received[agent.index][uint64(number)]
			for _, came := range times {
				if excused.holds(message.at) {
					continue
				}
				ages = append(ages, came.Sub(message.at))
			}
			if message.accepted {
				report.Sent++
			}
			if len(times) > 1 {
				report.Twice++
			}
			if len(times) > 0 {
				arrived[message.to] = append(arrived[message.to], times[0])
				continue
			}
			since, until := message.at.Add(-announcing), message.at.Add(landing)
			if message.accepted && agent.registeredAt(since, until) && receiver.registeredAt(since, until) {
				report.Lost++
				if agent.registeredAt(from, to) && receiver.registeredAt(from, to) {
					report.LostUnbroken++
				}
				report.ExampleOfLoss = fmt.Sprintf("%s to %s, %s after the beginning", agent.id, receiver.id, rounded(message.at.Sub(from)))
			}
		}
		for receiver, times := range arrived {
			gap := longestGap(times, from, to)
			report.LongestGap = max(report.LongestGap, gap)
			if agent.registeredAt(from, to) && a.agents[receiver].registeredAt(from, to) {
				report.UnbrokenGap = max(report.UnbrokenGap, gap)
			}
		}
	}
	if len(ages) > 0 {
		slices.Sort(ages)
		report.P99, report.Oldest = ages[len(ages)*99/100], ages[len(ages)-1]
	}
	return report
}

func longestGap(times []time.Time, from, to time.Time) time.Duration {
	longest, last := time.Duration(0), from
	for _, at := range append(times, to) {
		longest = max(longest, at.Sub(last))
		last = at
	}
	return longest
}
