package interop

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	serverPort       = 8080
	serverReadyLimit = 20 * time.Second
	serverStopLimit  = 20 * time.Second
)

var (
	accessTokenPattern = regexp.MustCompile(`nbp_[0-9A-Za-z]{36}`)
	setupKeyPattern    = regexp.MustCompile(`[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}`)
)

// Server is a Rookery process with all roles, in a namespace, with a data directory of its own.
type Server struct {
	Address string // host:port of management, signal and relay
	URL     string

	ns      *Netns
	listen  string         // host:port of the server itself
	options []string       // of the command line, further ones
	roots   *x509.CertPool // whom it is believed; nil over http
	binary  string
	dataDir string
	log     *os.File
	process *process
	token   string
}

// StartServer starts a server on an empty data directory and waits until it is ready.
func StartServer(t testing.TB, ns *Netns) *Server {
	t.Helper()
	return startServer(t, &Server{ns: ns}, "http")
}

// StartServerBehind starts a server that everybody reaches at another address only, that of a proxy which runs already.
// configuration is a config.yaml.
func StartServerBehind(t testing.TB, ns *Netns, address, configuration string) *Server {
	t.Helper()
	file := filepath.Join(newWorkDir(t, "config"), "config.yaml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	return startServer(t, &Server{ns: ns, Address: address, options: []string{"--config", file}}, "http")
}

func startServer(t testing.TB, s *Server, scheme string) *Server {
	t.Helper()
	dir := newWorkDir(t, "server")
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	s.listen = fmt.Sprintf("%s:%d", s.ns.Address, serverPort)
	if s.Address == "" {
		s.Address = s.listen
	}
	s.URL = scheme + "://" + s.Address
	s.binary = rookeryBinary(t)
	s.dataDir = filepath.Join(dir, "data")
	s.log = log
	if err := os.Mkdir(s.dataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.process != nil {
			s.checkStop(t)
		}
		log.Close()
		if t.Failed() {
			logLastLines(t, "server", log.Name(), 80)
		}
	})
	s.Start(t)
	s.token = s.command(t, accessTokenPattern, "tokens", "create")
	return s
}

// Start starts the server, again after Kill, and waits until it is ready.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	args := []string{"serve", "--data-dir", s.dataDir, "--listen", s.listen, "--exposed-address", s.URL}
	cmd := s.ns.Command(s.binary, append(args, s.options...)...)
	// No balancer has to notice that it leaves, and few agents need no pacing.
	cmd.Env = append(cleanEnvironment(), "ROOKERY_DRAIN_DELAY=100ms", "ROOKERY_DRAIN_TIMEOUT=1s")
	cmd.Stdout = s.log
	cmd.Stderr = s.log
	begin := time.Now()
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	s.process = p
	if err := s.waitUntilReady(begin.Add(serverReadyLimit)); err != nil {
		t.Fatal(err)
	}
	t.Logf("server ready after %s", rounded(time.Since(begin)))
}

// Kill ends the server without giving it a chance to write or say anything.
func (s *Server) Kill() {
	s.process.kill()
	s.process = nil
}

// Log returns what the server has logged, all its processes one after the other.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// SetupKey creates a setup key as an administrator would in the shell.
func (s *Server) SetupKey(t testing.TB, name string, args ...string) string {
	t.Helper()
	return s.command(t, setupKeyPattern, append([]string{"setup-key", "create", "--name", name}, args...)...)
}

// command runs an administrator's command against the running server and takes what it is after from its output. The
// command finds the server by the control socket in the data directory, hence needs no network namespace.
func (s *Server) command(t testing.TB, wanted *regexp.Regexp, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	args = append(args, "--data-dir", s.dataDir)
	output, err := exec.CommandContext(ctx, s.binary, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		t.Fatalf("rookery %s: %v", strings.Join(args, " "), err)
	}
	found := wanted.FindAllString(string(output), -1)
	if found == nil {
		t.Fatalf("rookery %s printed nothing like %s: %q", strings.Join(args, " "), wanted, output)
	}
	return found[len(found)-1]
}

func (s *Server) waitUntilReady(deadline time.Time) error {
	client := s.httpClient()
	last := errors.New("not asked")
	for time.Now().Before(deadline) {
		if s.process.ended() {
			return fmt.Errorf("the server ended: %s", s.process.cmd.ProcessState)
		}
		response, err := client.Get(s.URL + "/api/health")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		last = err
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("the server was not ready in time: %w", last)
}

// checkStop ends the server as an init system would; one that has crashed or hangs fails the test.
func (s *Server) checkStop(t testing.TB) {
	if s.process.ended() {
		t.Errorf("the server ended during the test: %s", s.process.cmd.ProcessState)
		return
	}
	if err := s.process.terminate(serverStopLimit); err != nil {
		t.Error(err)
		return
	}
	if state := s.process.cmd.ProcessState; !state.Success() {
		t.Errorf("the server stopped with %s", state)
	}
}

// rookeryBinary returns the absolute path of the binary to test.
func rookeryBinary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("ROOKERY_BIN")
	if path == "" {
		path = "../../build/release/rookery"
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(absolute); err != nil {
		t.Fatalf("no Rookery binary (build it, or set ROOKERY_BIN): %v", err)
	}
	return absolute
}
