package interop

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"syscall"
)

// removeOfDeadRuns removes what earlier runs left in a directory, told by the process id in the name: the first group
// of the pattern. What belongs to a process that still exists is left alone.
func removeOfDeadRuns(dir string, pattern *regexp.Regexp, remove func(name string) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed []error
	for _, entry := range entries {
		match := pattern.FindStringSubmatch(entry.Name())
		if match == nil {
			continue
		}
		if pid, err := strconv.Atoi(match[1]); err == nil && !processExists(pid) {
			failed = append(failed, remove(entry.Name()))
		}
	}
	return errors.Join(failed...)
}

func processExists(pid int) bool {
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
