package interop

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// Peer is what the tests need of the REST API's peer.
type Peer struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	IP        string `json:"ip"`
	Connected bool   `json:"connected"`

	ConnectionIP string `json:"connection_ip"` // where it connects from
}

// SetupKeyRequest is the body with which the REST API creates a setup key.
type SetupKeyRequest struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"` // reusable or one-off
	ExpiresIn  int      `json:"expires_in"`
	AutoGroups []string `json:"auto_groups"`
	UsageLimit int      `json:"usage_limit"`
}

// SetupKeyResponse is the created key; only this answer has the key in clear text.
type SetupKeyResponse struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

// Peers lists the account's peers.
func (s *Server) Peers(t testing.TB) []Peer {
	t.Helper()
	var peers []Peer
	s.rest(t, http.MethodGet, "/api/peers", nil, &peers)
	return peers
}

// DeletePeer throws a peer out.
func (s *Server) DeletePeer(t testing.TB, id string) {
	t.Helper()
	s.rest(t, http.MethodDelete, "/api/peers/"+id, nil, nil)
}

// CreateSetupKey creates a key over REST.
func (s *Server) CreateSetupKey(t testing.TB, request SetupKeyRequest) SetupKeyResponse {
	t.Helper()
	if request.AutoGroups == nil {
		request.AutoGroups = []string{}
	}
	var key SetupKeyResponse
	s.rest(t, http.MethodPost, "/api/setup-keys", request, &key)
	if key.ID == "" || key.Key == "" {
		t.Fatalf("the created setup key has no id or no key: %+v", key)
	}
	return key
}

// RevokeSetupKey revokes a key over REST.
func (s *Server) RevokeSetupKey(t testing.TB, id string) {
	t.Helper()
	body := map[string]any{"revoked": true, "auto_groups": []string{}}
	s.rest(t, http.MethodPut, "/api/setup-keys/"+id, body, nil)
}

func (s *Server) rest(t testing.TB, method, path string, body, result any) {
	t.Helper()
	var payload io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, s.URL+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Token "+s.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.doREST(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer, result); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
}

func (s *Server) doREST(request *http.Request) ([]byte, error) {
	response, err := s.httpClient().Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, answer)
	}
	return answer, nil
}

// httpClient speaks from inside the namespace, on a new connection each time: none outlives a restart of the server.
func (s *Server) httpClient() *http.Client {
	transport := &http.Transport{DialContext: s.ns.DialContext, DisableKeepAlives: true}
	if s.roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: s.roots}
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: transport}
}
