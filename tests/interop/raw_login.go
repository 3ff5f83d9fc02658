package interop

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/netbirdio/netbird/encryption"
	"github.com/netbirdio/netbird/shared/management/proto"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// RawLogin registers a new peer with a setup key in a single Login call, without an agent's retries and wrapping: the
// error is the server's gRPC status as it came.
func RawLogin(server *Server, hostname, setupKey string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	conn, err := dialManagement(server)
	if err != nil {
		return err
	}
	defer conn.Close()
	peer, err := NewRawPeer(ctx, conn, hostname)
	if err != nil {
		return err
	}
	return peer.Login(ctx, setupKey)
}

// RawPeer speaks to Management without an agent's retries and wrapping: errors are the server's gRPC statuses as they
// came.
type RawPeer struct {
	management proto.ManagementServiceClient
	hostname   string
	key        wgtypes.Key
	serverKey  wgtypes.Key
}

// NewRawPeer makes a peer with a fresh key that knows the server's.
func NewRawPeer(ctx context.Context, conn *grpc.ClientConn, hostname string) (*RawPeer, error) {
	p := &RawPeer{management: proto.NewManagementServiceClient(conn), hostname: hostname}
	var err error
	if p.serverKey, err = askServerKey(ctx, p.management); err != nil {
		return nil, err
	}
	p.key, err = wgtypes.GeneratePrivateKey()
	return p, err
}

// Login registers the peer.
func (p *RawPeer) Login(ctx context.Context, setupKey string) error {
	request, err := p.seal(&proto.LoginRequest{SetupKey: setupKey, Meta: p.meta()})
	if err != nil {
		return err
	}
	_, err = p.management.Login(ctx, request)
	return err
}

// Sync opens the peer's stream and returns its first message; the peer is connected until ctx ends.
func (p *RawPeer) Sync(ctx context.Context) (*proto.SyncResponse, error) {
	request, err := p.seal(&proto.SyncRequest{Meta: p.meta()})
	if err != nil {
		return nil, err
	}
	stream, err := p.management.Sync(ctx, request)
	if err != nil {
		return nil, err
	}
	sealed, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	first := &proto.SyncResponse{}
	return first, encryption.DecryptMessage(p.serverKey, p.key, sealed.GetBody(), first)
}

// sealable is what the agent's encryption takes: a generated message.
type sealable interface {
	Reset()
	String() string
	ProtoMessage()
}

func (p *RawPeer) seal(message sealable) (*proto.EncryptedMessage, error) {
	body, err := encryption.EncryptMessage(p.serverKey, p.key, message)
	return &proto.EncryptedMessage{WgPubKey: p.key.PublicKey().String(), Body: body}, err
}

func (p *RawPeer) meta() *proto.PeerSystemMeta {
	return &proto.PeerSystemMeta{
		Hostname:       p.hostname,
		GoOS:           "linux",
		Kernel:         "Linux",
		OS:             "Linux",
		Platform:       "x86_64",
		NetbirdVersion: "0.77.1",
	}
}

// ServerKey is the key with which the server's Management answers agents; they know the server by it.
func ServerKey(server *Server) (wgtypes.Key, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	conn, err := dialManagement(server)
	if err != nil {
		return wgtypes.Key{}, err
	}
	defer conn.Close()
	return askServerKey(ctx, proto.NewManagementServiceClient(conn))
}

func dialManagement(server *Server) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+server.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return server.ns.DialContext(ctx, "tcp", address)
		}))
}

func askServerKey(ctx context.Context, management proto.ManagementServiceClient) (wgtypes.Key, error) {
	answer, err := management.GetServerKey(ctx, &proto.Empty{})
	if err != nil {
		return wgtypes.Key{}, fmt.Errorf("asking for the server's key: %w", err)
	}
	key, err := wgtypes.ParseKey(answer.GetKey())
	if err != nil {
		return wgtypes.Key{}, fmt.Errorf("the server's key %q: %w", answer.GetKey(), err)
	}
	return key, nil
}
