package interop

import (
	"net/http"
	"testing"
	"time"
)

// answer is the status with which the node answers a balancer.
func (n *SignalNode) answer(t *testing.T) int {
	t.Helper()
	response, err := n.pool.client.Get("http://" + n.address() + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// Nodes that have met reach each other without NATS.
func TestScenarioSignalAllNatsServersGone(t *testing.T) {
	s := startSignalScenario(t, 3, 2, balancers[0])
	for i := range s.pool.Nats.servers {
		s.pool.Nats.Kill(i)
	}
	time.Sleep(outageOf(8*time.Second, 60*time.Second))
	for i := range s.pool.Nats.servers {
		s.pool.Nats.Start(t, i)
	}
	time.Sleep(2 * time.Second)
	s.allRegistered(poolLimit)
	report := s.end()
	s.checkGap("longest gap between two agents while all NATS servers were gone", report.UnbrokenGap, 2*time.Second)
	if report.Broken > 0 {
		t.Errorf("%d streams ended", report.Broken)
	}
}

func TestScenarioSignalNodeCutOffFromNats(t *testing.T) {
	s := startSignalScenario(t, 3, 2, balancers[0])
	victim := s.pool.Nodes[0]
	victim.CutOff(t, false)
	time.Sleep(outageOf(8*time.Second, 20*time.Second))
	if status := victim.answer(t); status != http.StatusOK {
		t.Errorf("the node answers %d", status)
	}
	s.pool.Heal(t)
	time.Sleep(2 * time.Second)
	s.allRegistered(poolLimit)
	report := s.end()
	s.checkGap("longest gap between two agents while their nodes had one way less", report.UnbrokenGap, 2*time.Second)
	if report.Broken > 0 {
		t.Errorf("%d streams ended", report.Broken)
	}
}

// Nothing tells the node whether it or the rest is cut off: it goes on for its own agents.
func TestScenarioSignalNodeCutOffFromAll(t *testing.T) {
	s := startSignalScenario(t, 1, 2, balancers[0])
	victim := s.pool.Nodes[0]
	victim.CutOff(t, true)
	time.Sleep(outageOf(8*time.Second, 20*time.Second))
	if status := victim.answer(t); status != http.StatusOK {
		t.Errorf("the node answers %d", status)
	}
	if metrics, err := victim.Metrics(); err != nil || metrics["rookery_pool_nodes"] != 1 {
		t.Errorf("it knows %v nodes (%v)", metrics["rookery_pool_nodes"], err)
	}
	s.pool.Heal(t)
	s.checkGap("both nodes know all agents again", s.allRegistered(poolLimit), 2*time.Second)
	if report := s.end(); report.Broken > 0 {
		t.Errorf("%d streams ended", report.Broken)
	}
}
