package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The server ends TLS itself, with a certificate of an authority that only the agents' SSL_CERT_FILE names. Two agents
// join over https://, signal over TLS and, forced to, relay over rels://.
func TestTwoAgentsOverTLSWithAPrivateAuthority(t *testing.T) {
	server, authority := startTLSServer(t)

	n := &network{ns: server.ns, server: server, key: server.SetupKey(t, "agents", "--type", "reusable")}
	n.process = StartAgentProcess(t, server.ns, "SSL_CERT_FILE="+authority.file, forceRelay)
	n.agents = n.process.StartAgents(t, server, n.key, "agent-0", "agent-1")
	checkListedAsConnected(t, server, n.agents)
	a, b := n.agents[0], n.agents[1]
	checkFirstEcho(t, a, b)
	checkPath(t, a, b, relayed)
	checkEchoes(t, a, b)
	path, err := a.WaitForPath(b, relayed, pairLimit)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(path.RelayAddress, "rels://") {
		t.Errorf("the relay is %q", path.RelayAddress)
	}
}

// An agent that does not know the authority stays out: what it is told is checked.
func TestAnAgentRefusesAnUnknownAuthority(t *testing.T) {
	server, _ := startTLSServer(t)
	key := server.SetupKey(t, "agents", "--type", "reusable")
	process := StartAgentProcess(t, server.ns)
	if _, err := process.StartAgent(server, AgentOptions{Name: "stranger", SetupKey: key, Limit: 5 * time.Second}); err == nil {
		t.Error("it joined")
	}
	if peers := server.Peers(t); len(peers) != 0 {
		t.Errorf("registered: %+v", peers)
	}
}

// startTLSServer starts a server with a certificate of a new authority for its address.
func startTLSServer(t *testing.T) (*Server, *authority) {
	t.Helper()
	ns := NewNetns(t)
	dir := newWorkDir(t, "tls")
	authority := newAuthority(t, filepath.Join(dir, "ca.crt"))
	certFile, keyFile := authority.issue(t, dir, ns.Address)
	configFile := filepath.Join(dir, "config.yaml")
	config := fmt.Sprintf("server:\n  authSecret: interop\n  tls: {certFile: %q, keyFile: %q}\n", certFile, keyFile)
	if err := os.WriteFile(configFile, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{ns: ns, roots: authority.roots, options: []string{"--config", configFile}}
	return startServer(t, s, "https"), authority
}

// authority signs certificates of a test.
type authority struct {
	file  string // its own certificate, PEM
	roots *x509.CertPool

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, file string) *authority {
	t.Helper()
	a := &authority{file: file, roots: x509.NewCertPool(), key: newKey(t)}
	a.certificate = &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Interop CA"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.certificate, a.certificate, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.roots.AddCert(a.certificate)
	writePEM(t, file, "CERTIFICATE", der)
	return a
}

// issue makes a certificate for an address and its key, as files.
func (a *authority) issue(t *testing.T, dir, address string) (certFile, keyFile string) {
	t.Helper()
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: address},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.ParseIP(address)},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", secret)
	return certFile, keyFile
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
