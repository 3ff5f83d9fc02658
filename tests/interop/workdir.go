package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var workDirName = regexp.MustCompile(`^rookery-interop-(\d+)-`)

// newWorkDir creates a directory for the data and logs of one process. t.TempDir is of no use here: its path contains
// the test's name, and the path of a UNIX socket (the server's control socket) is limited to 107 bytes.
//
// The directories are removed at the end of the test, unless ROOKERY_INTEROP_KEEP names a directory to keep them in.
func newWorkDir(t testing.TB, role string) string {
	t.Helper()
	parent := os.Getenv("ROOKERY_INTEROP_KEEP")
	if parent != "" {
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		absolute, err := filepath.Abs(parent)
		if err != nil {
			t.Fatal(err)
		}
		parent = absolute
	}
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("rookery-interop-%d-%s-", os.Getpid(), role))
	if err != nil {
		t.Fatal(err)
	}
	if parent != "" {
		t.Logf("data and logs of the %s stay in %s", role, dir)
		return dir
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// RemoveDeadWorkDirs removes the directories of runs that were killed before they could clean up.
func RemoveDeadWorkDirs() error {
	return removeOfDeadRuns(os.TempDir(), workDirName, func(name string) error {
		return os.RemoveAll(filepath.Join(os.TempDir(), name))
	})
}
