package interop

import (
	"bytes"
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	signalproto "github.com/netbirdio/netbird/shared/signal/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// A browser's agent has no TCP: it carries its gRPC connections over WebSockets, in binary messages. Its dialler exists
// for the browser only; this one does the same with the WebSocket library that the agent uses elsewhere, under the same
// gRPC library.
func dialThroughWebSocket(t *testing.T, server *Server, path string, header http.Header) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+server.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			socket, _, err := websocket.Dial(ctx, "ws://"+address+path, &websocket.DialOptions{
				HTTPClient: &http.Client{Transport: &http.Transport{DialContext: server.ns.DialContext}},
				HTTPHeader: header,
			})
			if err != nil {
				return nil, err
			}
			return websocket.NetConn(context.Background(), socket, websocket.MessageBinary), nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestClientOverWebSocketJoinsAndSyncs(t *testing.T) {
	ns := NewNetns(t)
	server := StartServer(t, ns)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	// Nobody is trusted to name another address.
	header := http.Header{"Origin": {"https://dashboard.example"}, "X-Forwarded-For": {"203.0.113.9"}}
	peer, err := NewRawPeer(ctx, dialThroughWebSocket(t, server, "/ws-proxy/management", header), "browser")
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.Login(ctx, server.SetupKey(t, "browsers")); err != nil {
		t.Fatal(err)
	}
	first, err := peer.Sync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if first.GetNetworkMap().GetPeerConfig().GetAddress() == "" {
		t.Errorf("the first message names no address: %v", first)
	}
	_, err = waitFor(10*time.Second, statusInterval, func() (bool, string) {
		peers := server.Peers(t)
		return len(peers) == 1 && peers[0].Connected && peers[0].ConnectionIP == ns.Address,
			"the peer is not listed as connected from " + ns.Address
	})
	if err != nil {
		t.Errorf("%v: %+v", err, server.Peers(t))
	}
}

func TestClientsOverWebSocketExchangeSignals(t *testing.T) {
	server := StartServer(t, NewNetns(t))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	open := func(id string) (signalproto.SignalExchangeClient, signalproto.SignalExchange_ConnectStreamClient) {
		client := signalproto.NewSignalExchangeClient(dialThroughWebSocket(t, server, "/ws-proxy/signal", nil))
		stream, err := client.ConnectStream(metadata.AppendToOutgoingContext(ctx, "x-wiretrustee-peer-id", id))
		if err != nil {
			t.Fatal(err)
		}
		registered, err := stream.Header()
		if err != nil || len(registered.Get("x-wiretrustee-peer-registered")) == 0 {
			t.Fatalf("%s is not registered: %v, %v", id, registered, err)
		}
		return client, stream
	}
	here, _ := open("here")
	_, there := open("there")

	// Larger than a WebSocket message may be, and small ones.
	for _, size := range []int{1, 100, 32 * 1024, 200 * 1024} {
		body := make([]byte, size)
		rand.Read(body)
		if _, err := here.Send(ctx, &signalproto.EncryptedMessage{Key: "here", RemoteKey: "there", Body: body}); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := there.Recv()
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if got.GetKey() != "here" || !bytes.Equal(got.GetBody(), body) {
			t.Fatalf("%d bytes came as another message", size)
		}
	}
}
