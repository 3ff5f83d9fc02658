package interop

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	invalidKeyText  = "couldn't add peer: setup key is invalid"
	unknownSetupKey = "0B5C9E0A-7C1D-4A55-9D43-2F6E8B1C7A90" // well-formed, else the agent would not even send it
)

func TestInvalidSetupKeysAreRefused(t *testing.T) {
	server := StartServer(t, NewNetns(t))

	keys := map[string]func(t *testing.T) string{
		"unknown": func(t *testing.T) string { return unknownSetupKey },
		"revoked": func(t *testing.T) string {
			key := server.CreateSetupKey(t, SetupKeyRequest{Name: "revoked", Type: "reusable"})
			server.RevokeSetupKey(t, key.ID)
			return key.Key
		},
		"expired": func(t *testing.T) string {
			key := server.CreateSetupKey(t, SetupKeyRequest{Name: "expired", Type: "reusable", ExpiresIn: 1})
			time.Sleep(1500 * time.Millisecond)
			return key.Key
		},
		"used-one-off": func(t *testing.T) string {
			return usedUp(t, server, SetupKeyRequest{Name: "one-off", Type: "one-off", UsageLimit: 1})
		},
		"used-up": func(t *testing.T) string {
			return usedUp(t, server, SetupKeyRequest{Name: "limited", Type: "reusable", UsageLimit: 1})
		},
	}
	for kind, create := range keys {
		t.Run(kind, func(t *testing.T) {
			key := create(t)
			before := server.Peers(t)

			checkRawLoginRefused(t, server, "raw-"+kind, key)
			checkAgentRefused(t, server, "agent-"+kind, key)

			if after := server.Peers(t); len(after) != len(before) {
				t.Errorf("the peers were %+v and are %+v", before, after)
			}
		})
	}
}

// usedUp creates a key for one use and uses it.
func usedUp(t *testing.T, server *Server, request SetupKeyRequest) string {
	t.Helper()
	key := server.CreateSetupKey(t, request)
	if err := RawLogin(server, "first-of-"+request.Name, key.Key); err != nil {
		t.Fatalf("the first use of the key was refused: %v", err)
	}
	return key.Key
}

// checkRawLoginRefused wants the very status that NetBird's Management answers.
func checkRawLoginRefused(t *testing.T, server *Server, name, key string) {
	t.Helper()
	err := RawLogin(server, name, key)
	if status.Code(err) != codes.NotFound || status.Convert(err).Message() != invalidKeyText {
		t.Errorf("Login answered %v, want NotFound with %q", err, invalidKeyText)
	}
}

// checkAgentRefused wants an agent not to get in, and its log to say why. The agent keeps trying for a while: its
// start does not end with an error of the server's.
func checkAgentRefused(t *testing.T, server *Server, name, key string) {
	t.Helper()
	process := StartAgentProcess(t, server.ns)
	if _, err := process.StartAgent(server, AgentOptions{Name: name, SetupKey: key, Limit: 3 * time.Second}); err == nil {
		t.Error("the agent was let in")
	}
	refusals := strings.Count(process.Log(t), "failed registering peer rpc error: code = NotFound desc = "+invalidKeyText)
	if refusals == 0 {
		t.Errorf("the agent's log does not say %q", invalidKeyText)
	}
	t.Logf("the agent was refused %d times within its limit", refusals)
}
