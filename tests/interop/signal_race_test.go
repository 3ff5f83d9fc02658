package interop

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	signalproto "github.com/netbirdio/netbird/shared/signal/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// dialNode connects to one node, past the balancer.
func dialNode(t *testing.T, node *SignalNode, options ...grpc.DialOption) signalproto.SignalExchangeClient {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+node.address(), append(options,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return node.pool.ns.DialContext(ctx, "tcp", address)
		}))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return signalproto.NewSignalExchangeClient(conn)
}

// openSignalStream registers a key and returns once the server has confirmed it.
func openSignalStream(ctx context.Context, client signalproto.SignalExchangeClient, key string) (signalproto.SignalExchange_ConnectStreamClient, error) {
	stream, err := client.ConnectStream(metadata.AppendToOutgoingContext(ctx, "x-wiretrustee-peer-id", key))
	if err != nil {
		return nil, err
	}
	header, err := stream.Header()
	if err != nil {
		return nil, err
	}
	if len(header.Get("x-wiretrustee-peer-registered")) == 0 {
		_, err = stream.Recv() // the reason for which it ended
		return nil, fmt.Errorf("not registered: %w", err)
	}
	return stream, nil
}

const (
	races          = 1000
	racesAtOnce    = 10
	raceLimit      = 10 * time.Second
	survivalChecks = 3
)

// race registers one key on two nodes at the same time and checks that exactly one of the streams is left, and that
// messages through either node reach it.
func race(ctx context.Context, clients []signalproto.SignalExchangeClient, key string) error {
	ctx, cancel := context.WithTimeout(ctx, raceLimit)
	defer cancel()
	type ending struct {
		stream int
		err    error
	}
	endings := make(chan ending, len(clients))
	var heard [2]atomic.Int32
	start := make(chan struct{})
	for i, client := range clients {
		go func() {
			<-start
			stream, err := openSignalStream(ctx, client, key)
			for err == nil {
				if _, err = stream.Recv(); err == nil {
					heard[i].Add(1)
				}
			}
			endings <- ending{i, err}
		}()
	}
	close(start)
	first := <-endings
	if status.Code(first.err) != codes.Unknown || status.Convert(first.err).Message() != "peer registered again" {
		return fmt.Errorf("%s: the loser ended with %v", key, first.err)
	}
	survivor := 1 - first.stream
	before := heard[survivor].Load()
	for try := range survivalChecks {
		if _, err := clients[try%2].Send(ctx, &signalproto.EncryptedMessage{Key: "racer", RemoteKey: key, Body: []byte{1}}); err != nil {
			return err
		}
	}
	if _, err := waitFor(raceLimit/2, time.Millisecond, func() (bool, string) {
		return heard[survivor].Load() == before+survivalChecks, key + ": the survivor hears nothing"
	}); err != nil {
		return err
	}
	select {
	case second := <-endings:
		return fmt.Errorf("%s: nobody survived: %v", key, second.err)
	default:
		return nil
	}
}

func TestScenarioSignalOneKeyOnTwoNodesAtOnce(t *testing.T) {
	pool := StartSignalPool(t, NewNetns(t), 1, 2, balancers[0])
	clients := []signalproto.SignalExchangeClient{dialNode(t, pool.Nodes[0]), dialNode(t, pool.Nodes[1])}
	var all sync.WaitGroup
	for lane := range racesAtOnce {
		all.Go(func() {
			for number := range races / racesAtOnce {
				if err := race(t.Context(), clients, fmt.Sprintf("racer-%d-%d", lane, number)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if _, err := pool.WaitForAgents(0, poolLimit); err != nil {
		t.Error(err)
	}
}

// Send goes over one connection and ConnectStream over another, so a balancer may bring them to different nodes.
func TestScenarioSignalHeartbeatThroughAnotherNode(t *testing.T) {
	pool := StartSignalPool(t, NewNetns(t), 1, 2, balancers[0])
	ctx, cancel := context.WithTimeout(t.Context(), poolLimit)
	defer cancel()
	stream, err := openSignalStream(ctx, dialNode(t, pool.Nodes[0]), "agent")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.WaitForAgents(1, poolLimit); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := dialNode(t, pool.Nodes[1]).Send(ctx, &signalproto.EncryptedMessage{Key: "agent", RemoteKey: "agent"}); err != nil {
		t.Fatal(err)
	}
	if message, err := stream.Recv(); err != nil || message.GetKey() != "agent" {
		t.Fatal(message, err)
	}
	t.Logf("measured: a heartbeat through another node came back after %s", rounded(time.Since(began)))
}
