package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const proxyPort = 8090

// haproxyConfiguration has one port for everything, as an operator would write it: gRPC goes on as cleartext HTTP/2, the
// rest as HTTP/1.1; the server sees the proxy's own address and is told the client's in X-Forwarded-For.
const haproxyConfiguration = `
defaults
	mode http
	option forwardfor
	timeout connect 5s
	timeout client 60s
	timeout server 60s
	timeout tunnel 1h
frontend public
	bind %[1]s:%[3]d
	use_backend grpc if { req.hdr(content-type) -m beg application/grpc }
	default_backend http
backend grpc
	source %[2]s
	server rookery %[1]s:%[4]d proto h2
backend http
	source %[2]s
	server rookery %[1]s:%[4]d
`

func TestAgentBehindAReverseProxyIsSeenWithItsOwnAddress(t *testing.T) {
	for _, trusted := range []bool{true, false} {
		t.Run(fmt.Sprintf("trusted=%t", trusted), func(t *testing.T) {
			ns := NewNetns(t)
			proxy := ns.Address[:len(ns.Address)-1] + "2" // 10.99.n.2
			startHAProxy(t, ns, proxy)
			peers, seen := proxy, ns.Address
			if !trusted {
				peers, seen = "203.0.113.1", proxy
			}
			server := StartServerBehind(t, ns, fmt.Sprintf("%s:%d", ns.Address, proxyPort), fmt.Sprintf(`
server:
  authSecret: interop
  reverseProxy:
    trustedPeers: [%[1]s/32]
    trustedHTTPProxies: [%[1]s/32]
`, peers))
			agents := StartAgentProcess(t, ns).StartAgents(t, server, server.SetupKey(t, "agents", "--type", "reusable"),
				"proxied-a", "proxied-b")
			checkFirstEcho(t, agents[0], agents[1])
			for _, peer := range checkListedAsConnected(t, server, agents) {
				if peer.ConnectionIP != seen {
					t.Errorf("%s is listed as connected from %s, not %s", peer.Name, peer.ConnectionIP, seen)
				}
			}
		})
	}
}

func startHAProxy(t *testing.T, ns *Netns, source string) {
	t.Helper()
	haproxy := findProgram("haproxy")
	if haproxy == "" {
		t.Skip("HAProxy is not installed")
	}
	if err := runIP("-n", ns.Name, "addr", "add", source+"/24", "dev", "eth0"); err != nil {
		t.Fatal(err)
	}
	dir := newWorkDir(t, "haproxy")
	file := filepath.Join(dir, "haproxy.cfg")
	text := fmt.Sprintf(haproxyConfiguration, ns.Address, source, proxyPort, serverPort)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "haproxy.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := ns.Command(haproxy, "-db", "-f", file)
	cmd.Stdout, cmd.Stderr = log, log
	running, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		running.kill()
		log.Close()
		if t.Failed() {
			logLastLines(t, "HAProxy", log.Name(), 20)
		}
	})
}

func findProgram(name string) string {
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	return ""
}
