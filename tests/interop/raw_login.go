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
	management := proto.NewManagementServiceClient(conn)
	serverKey, err := askServerKey(ctx, management)
	if err != nil {
		return err
	}
	ourKey, err := wgtypes.GeneratePrivateKey()
	if err != nil {
		return err
	}
	body, err := encryption.EncryptMessage(serverKey, ourKey, &proto.LoginRequest{
		SetupKey: setupKey,
		Meta: &proto.PeerSystemMeta{
			Hostname:       hostname,
			GoOS:           "linux",
			Kernel:         "Linux",
			OS:             "Linux",
			Platform:       "x86_64",
			NetbirdVersion: "0.77.1",
		},
	})
	if err != nil {
		return err
	}
	_, err = management.Login(ctx, &proto.EncryptedMessage{WgPubKey: ourKey.PublicKey().String(), Body: body})
	return err
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
