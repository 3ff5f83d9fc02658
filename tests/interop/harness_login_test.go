package interop

// Tests of how the harness sees refused logins, against a Management that refuses everyone. They need no server.

import (
	"context"
	"fmt"
	"testing"

	"github.com/netbirdio/netbird/encryption"
	"github.com/netbirdio/netbird/shared/management/proto"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refusingManagement answers like a real one: without a key "log in first", with a key "not with this one".
type refusingManagement struct {
	proto.UnimplementedManagementServiceServer
	key wgtypes.Key
}

func (m *refusingManagement) GetServerKey(context.Context, *proto.Empty) (*proto.ServerKeyResponse, error) {
	return &proto.ServerKeyResponse{Key: m.key.PublicKey().String()}, nil
}

func (m *refusingManagement) Login(
	_ context.Context, message *proto.EncryptedMessage,
) (*proto.EncryptedMessage, error) {
	peerKey, err := wgtypes.ParseKey(message.GetWgPubKey())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "no key of a peer")
	}
	var login proto.LoginRequest
	if err := encryption.DecryptMessage(peerKey, m.key, message.GetBody(), &login); err != nil {
		return nil, status.Error(codes.InvalidArgument, "cannot decrypt")
	}
	if login.GetMeta().GetHostname() == "" {
		return nil, status.Error(codes.InvalidArgument, "no host name")
	}
	if login.GetSetupKey() == "" {
		return nil, status.Error(codes.PermissionDenied, "no peer auth method provided")
	}
	return nil, status.Error(codes.NotFound, invalidKeyText)
}

func TestHarnessSeesRefusedLogins(t *testing.T) {
	ns := NewNetns(t)
	address := fmt.Sprintf("%s:%d", ns.Address, serverPort)
	listener, err := ns.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	key, err := wgtypes.GeneratePrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	fake := grpc.NewServer()
	proto.RegisterManagementServiceServer(fake, &refusingManagement{key: key})
	go fake.Serve(listener)
	defer fake.Stop()
	server := &Server{Address: address, URL: "http://" + address, ns: ns}

	checkRawLoginRefused(t, server, "raw", unknownSetupKey)
	checkAgentRefused(t, server, "agent", unknownSetupKey)
}
