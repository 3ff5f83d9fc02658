package interop

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a child of ours. It is only ever ended by its own process id, and the kernel kills it if this process
// dies without doing so.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once the process has ended and was waited for
}

// The kernel ties "kill the child when its parent dies" to the thread that started the child, and Go ends threads at
// will. All children are therefore started by one goroutine that keeps its thread for as long as the program runs.
var startOnKeptThread = sync.OnceValue(func() func(*exec.Cmd) error {
	type request struct {
		cmd    *exec.Cmd
		result chan error
	}
	requests := make(chan request)
	go func() {
		runtime.LockOSThread()
		for r := range requests {
			r.result <- r.cmd.Start()
		}
	}()
	return func(cmd *exec.Cmd) error {
		result := make(chan error, 1)
		requests <- request{cmd, result}
		return <-result
	}
})

// cleanEnvironment is ours without NetBird's variables: both the server and the agents read them, and only the test is
// to decide how they behave, not whoever runs it.
func cleanEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "NB_") })
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := startOnKeptThread()(cmd); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(p.done)
	}()
	return p, nil
}

// kill ends the process at once, as a power failure would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// terminate asks the process to end and kills it if it does not.
func (p *process) terminate(grace time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		p.kill()
		return fmt.Errorf("%s was still running %s after SIGTERM", p.cmd.Path, grace)
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// logLastLines shows the end of a log file in the output of a failed test.
func logLastLines(t testing.TB, title, path string, lines int) {
	const window = 64 << 10
	file, err := os.Open(path)
	if err != nil {
		t.Logf("%s: %v", title, err)
		return
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > window {
		_, _ = file.Seek(-window, io.SeekEnd)
	}
	text, _ := io.ReadAll(file)
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	t.Logf("last lines of the %s log:\n%s", title, strings.Join(all, "\n"))
}
