package interop

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// Bounds are asserted at three times what is wanted. Outages are short unless ROOKERY_SCENARIOS_REAL is set: then they
// last as long as the operator's manual says.
const (
	simulatedAgents = 24
	fanout          = 2
	bound           = 3
	calm            = 500 * time.Millisecond // before something happens, and after all is well
)

var balancers = []string{"haproxy.cfg", "haproxy-tcp.cfg"}

func outageOf(compressed, real time.Duration) time.Duration {
	if os.Getenv("ROOKERY_SCENARIOS_REAL") != "" {
		return real
	}
	return compressed
}

// signalScenario is a pool under the traffic of simulated agents.
type signalScenario struct {
	*testing.T
	pool    *SignalPool
	agents  *SignalAgents
	begun   time.Time
	excused span // of being judged for age and order
}

func startSignalScenario(t *testing.T, nats, nodes int, balancer string, environment ...string) *signalScenario {
	t.Helper()
	ns := NewNetns(t)
	s := &signalScenario{T: t, pool: StartSignalPool(t, ns, nats, nodes, balancer, environment...)}
	s.agents = StartSignalAgents(t, ns, s.pool.Address, simulatedAgents, fanout)
	s.allRegistered(poolLimit)
	s.begun = time.Now()
	time.Sleep(calm)
	return s
}

// allRegistered waits until every agent has exactly one stream in the pool and every node knows it.
func (s *signalScenario) allRegistered(limit time.Duration) time.Duration {
	s.Helper()
	passed, err := s.pool.WaitForAgents(simulatedAgents, limit)
	if err != nil {
		s.Fatal(err)
	}
	return passed
}

// end ends the traffic and checks what holds in every scenario: nothing comes twice, and order is kept.
func (s *signalScenario) end() SignalReport {
	s.Helper()
	time.Sleep(calm)
	end := time.Now()
	s.agents.Stop()
	report := s.agents.Report(s.begun, end, s.excused)
	s.Logf("measured: %s", report)
	if report.Sent == 0 {
		s.Error("nothing was sent")
	}
	if report.Twice > 0 || report.Disorder > 0 {
		s.Errorf("%d messages came twice, %d out of order", report.Twice, report.Disorder)
	}
	return report
}

func (s *signalScenario) nothingLost(what string, lost int, report SignalReport) {
	s.Helper()
	if lost > 0 {
		s.Errorf("%d messages %s were lost: %s", lost, what, report.ExampleOfLoss)
	}
}

func (s *signalScenario) checkGap(what string, gap, wanted time.Duration) {
	s.Helper()
	s.Logf("measured: %s: %s, wanted %s", what, rounded(gap), wanted)
	if gap > bound*wanted {
		s.Errorf("%s: %s, more than %d times %s", what, rounded(gap), bound, wanted)
	}
}

func TestScenarioSignalNodeKilled(t *testing.T) {
	for _, balancer := range balancers {
		for _, nodes := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s/%d-nodes", balancer, nodes), func(t *testing.T) {
				s := startSignalScenario(t, 1, nodes, balancer)
				s.pool.Nodes[0].Kill()
				s.checkGap("all agents are registered again and known everywhere", s.allRegistered(bound*5*time.Second), 5*time.Second)
				report := s.end()
				s.nothingLost("between agents of surviving nodes", report.LostUnbroken, report)
				if report.Broken == 0 {
					t.Error("no stream ended: the killed node had no agents")
				}
			})
		}
	}
}

// A node that stands still keeps its connections open, and its kernel even accepts new ones. HTTP checks see that it does
// not answer; with TCP checks it is the agents' own keep-alive that finds out, which takes too long for a short outage.
func TestScenarioSignalNodeStandsStill(t *testing.T) {
	for _, balancer := range balancers {
		t.Run(balancer, func(t *testing.T) {
			if balancer != "haproxy.cfg" && outageOf(0, 1) == 0 {
				t.Skip("needs ROOKERY_SCENARIOS_REAL")
			}
			s := startSignalScenario(t, 1, 2, balancer)
			victim := s.pool.Nodes[0]
			stopped := time.Now()
			victim.process.suspend()
			time.Sleep(outageOf(6*time.Second, 20*time.Second))
			victim.process.resume()
			// What the node had in its hands at that moment it still hands on.
			s.excused = span{stopped.Add(-landing), stopped.Add(landing)}
			s.checkGap("every agent has one stream after it woke", s.allRegistered(poolLimit), 2*time.Second)
			report := s.end()
			s.nothingLost("between agents of the other node", report.LostUnbroken, report)
			if report.Oldest > 3*time.Second {
				t.Errorf("a message was delivered after %s", rounded(report.Oldest))
			}
			if report.Broken == 0 {
				t.Error("no stream ended: nobody was taken away from the node")
			}
		})
	}
}

func TestScenarioSignalNatsServersKilled(t *testing.T) {
	s := startSignalScenario(t, 3, 2, balancers[0])
	s.pool.Nats.Kill(0)
	time.Sleep(2 * time.Second)
	s.pool.Nats.Kill(1)
	time.Sleep(2 * time.Second)
	report := s.end()
	s.checkGap("longest gap between two agents while two of three NATS servers died", report.UnbrokenGap, time.Second)
	if report.Broken > 0 {
		t.Errorf("%d streams ended", report.Broken)
	}
}

func TestScenarioSignalNodeDrains(t *testing.T) {
	for _, balancer := range balancers {
		t.Run(balancer, func(t *testing.T) {
			s := startSignalScenario(t, 1, 2, balancer)
			passed, err := s.pool.Nodes[0].Terminate(10 * time.Second)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("measured: SIGTERM to exit under load: %s", rounded(passed))
			s.allRegistered(poolLimit)
			report := s.end()
			s.nothingLost("between registered agents", report.Lost, report)
			for status, times := range report.Statuses {
				if status != "rpc error: code = Unavailable desc = the server goes away; connect again" {
					t.Errorf("%d streams ended with %q", times, status)
				}
			}
		})
	}
}

// An upgrade goes node by node, so for a while two builds are one pool. ROOKERY_OLD_BIN names the other build.
func TestScenarioSignalRollingRestart(t *testing.T) {
	this, other := rookeryBinary(t), os.Getenv("ROOKERY_OLD_BIN")
	t.Run("this-build", func(t *testing.T) { restartOneByOne(t, this) })
	t.Run("two-builds", func(t *testing.T) {
		if other == "" {
			t.Skip("needs ROOKERY_OLD_BIN")
		}
		restartOneByOne(t, other, this)
	})
}

// restartOneByOne starts the nodes of a pool again, one after the other, with each of the builds in turn.
func restartOneByOne(t *testing.T, builds ...string) {
	s := startSignalScenario(t, 1, 3, balancers[0])
	for _, build := range builds {
		for _, node := range s.pool.Nodes {
			if _, err := node.Terminate(10 * time.Second); err != nil {
				t.Fatal(err)
			}
			node.binary = build
			node.Start(t)
			if err := s.pool.WaitTogether(poolLimit); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // the balancer sees it
		}
		s.checkGap("every agent has one stream after the last restart", s.allRegistered(poolLimit), 5*time.Second)
	}
	report := s.end()
	s.nothingLost("between registered agents", report.Lost, report)
}
