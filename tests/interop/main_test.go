package interop

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if IsAgentProcess() {
		os.Exit(RunAgentProcess())
	}
	if err := errors.Join(RemoveDeadNetns(), RemoveDeadWorkDirs()); err != nil {
		fmt.Fprintln(os.Stderr, "removing what earlier runs left:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
