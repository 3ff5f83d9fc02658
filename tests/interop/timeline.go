package interop

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// stampFormat is how the lines of both logs begin, the server's and the agents'.
const stampFormat = "2006-01-02T15:04:05.000Z07:00"

// stamped puts the time before each line: in the agents' own lines it has whole seconds only.
type stamped struct{ to io.Writer }

func (s stamped) Write(line []byte) (int, error) {
	if _, err := fmt.Fprintf(s.to, "%s %s", time.Now().UTC().Format(stampFormat), line); err != nil {
		return 0, err
	}
	return len(line), nil
}

// mark is a moment of a test.
type mark struct {
	what string
	at   time.Time
}

// logged is the moment of the count-th line after began that has the text in it; none without such a line.
func logged(log string, began time.Time, what, text string, count int) []mark {
	for line := range strings.Lines(log) {
		if !strings.Contains(line, text) {
			continue
		}
		stamp, _, _ := strings.Cut(line, " ")
		at, err := time.Parse(stampFormat, stamp)
		if err != nil || at.Before(began) {
			continue
		}
		if count--; count == 0 {
			return []mark{{what, at}}
		}
	}
	return nil
}

// timeline writes moments in their order, as the time since began.
func timeline(began time.Time, marks []mark) string {
	slices.SortStableFunc(marks, func(a, b mark) int { return a.at.Compare(b.at) })
	var text strings.Builder
	for _, m := range marks {
		fmt.Fprintf(&text, "\n  +%6.3f s  %s", m.at.Sub(began).Seconds(), m.what)
	}
	return text.String()
}
